package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import io.holdfast.harness.fault.LoopDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * The power of a member's disk is cut again and again, under load and during the start, on a real
 * file system: what was not synced is gone. Nothing acknowledged is lost and every write is
 * executed once, see {@link CountingLoad}.
 */
@Isolated("two members at a time keep the machine busy")
class PowerCutIT {
  private static final int CUTS = Integer.getInteger("holdfast.power.cuts", 100);
  private static final long SEED =
      Long.getLong("holdfast.seed", ThreadLocalRandom.current().nextInt(1_000_000));
  private static final int DISK_MEBIBYTES = 256;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration ENDS_WITHIN = Duration.ofSeconds(5);

  private final AtomicInteger cuts = new AtomicInteger();
  private final AtomicInteger cutsInStart = new AtomicInteger();
  private final AtomicInteger endedThemselves = new AtomicInteger();
  private final AtomicLong acknowledged = new AtomicLong();

  @TempDir Path directory;

  @Test
  void aPowerCutLosesNothingAcknowledged() throws Exception {
    assumeTrue(LoopDisk.isUsable());
    System.out.println("power cuts with seed " + SEED);
    Lanes.run(2, this::lane);
    System.out.printf(
        "%d power cuts, %d of them during the start; %d writes acknowledged, none lost;"
            + " %d members ended by themselves%n",
        cuts.get(), cutsInStart.get(), acknowledged.get(), endedThemselves.get());
    assertTrue(acknowledged.get() > CUTS, "hardly any load");
  }

  private void lane(int lane) throws Exception {
    Random random = new Random(SEED + lane);
    Path own = Files.createDirectories(directory.resolve("lane-" + lane));
    try (LoopDisk disk = LoopDisk.create(own, DISK_MEBIBYTES);
        Cluster cluster =
            new Cluster.Plan(Flavor.HOLDFAST, 1, own)
                .dataDirectories(index -> disk.root().resolve("data"))
                .flags("--snapshot-count=50")
                .prepare()) {
      MemberProcess member = cluster.member(0).withVariables(CountingLoad.QUICK_START);
      CountingLoad load = new CountingLoad(member.endpoint());
      member.start().awaitReady(PATIENCE);
      while (cuts.getAndIncrement() < CUTS) {
        if (random.nextInt(5) == 0) {
          cutDuringStart(member, disk, random);
        } else {
          cutUnderLoad(member, disk, load, random);
        }
        member.start().awaitReady(PATIENCE);
        assertEquals(List.of(), load.verify(), "seed " + SEED + "\n" + member.log());
      }
      cuts.decrementAndGet();
      acknowledged.addAndGet(load.acknowledgements());
    }
  }

  private void cutUnderLoad(MemberProcess member, LoopDisk disk, CountingLoad load, Random random)
      throws InterruptedException {
    long wanted = load.acknowledgements() + 1 + random.nextInt(100);
    load.start();
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (load.acknowledgements() < wanted) {
      assertTrue(System.nanoTime() < end, "no progress under load");
      Thread.sleep(1);
    }
    disk.cutPower();
    if (member.endsWithin(ENDS_WITHIN)) {
      endedThemselves.incrementAndGet();
    }
    member.close();
    load.stop();
    disk.remount();
  }

  private void cutDuringStart(MemberProcess member, LoopDisk disk, Random random)
      throws InterruptedException {
    member.kill();
    member.start();
    Thread.sleep(200 + random.nextInt(800));
    disk.cutPower();
    member.kill();
    disk.remount();
    cutsInStart.incrementAndGet();
  }
}
