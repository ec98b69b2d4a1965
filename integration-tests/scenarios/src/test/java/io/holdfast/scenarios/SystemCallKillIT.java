package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import io.holdfast.harness.fault.Strace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * A member is killed by the kernel at its n-th write, sync, rename or answer, under load and while
 * it starts: every time at another place. Nothing acknowledged is lost and every write is executed
 * once, see {@link CountingLoad}.
 */
@Isolated("two members at a time keep the machine busy")
class SystemCallKillIT {
  private static final int KILLS = Integer.getInteger("holdfast.call.kills", 150);
  private static final long SEED =
      Long.getLong("holdfast.seed", ThreadLocalRandom.current().nextInt(1_000_000));
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration REACHED_WITHIN = Duration.ofSeconds(6);

  /** How often each call is the last one: under load, and during the start. */
  private static final Map<String, Integer> UNDER_LOAD =
      Map.of("fdatasync", 60, "pwrite64", 60, "write,writev,sendmsg,sendto", 40);

  private static final Map<String, Integer> DURING_START =
      Map.of("pread64", 20, "pwrite64", 6, "fdatasync", 2, "fsync", 2);

  /**
   * Where to kill.
   *
   * @param nth at which of these calls of a thread
   */
  private record Site(boolean duringStart, String calls, int nth) {
    String injection() {
      return "signal=KILL:when=" + nth;
    }

    String kind() {
      return (duringStart ? "start " : "load ") + calls;
    }
  }

  private final Queue<Site> sites = new ConcurrentLinkedQueue<>();
  private final Map<String, Integer> reached = Collections.synchronizedMap(new TreeMap<>());
  private final Map<String, Integer> missed = Collections.synchronizedMap(new TreeMap<>());
  private final AtomicInteger kills = new AtomicInteger();
  private final AtomicLong acknowledged = new AtomicLong();

  @TempDir Path directory;

  @Test
  void aKillAtAnySystemCallLosesNothingAcknowledged() throws Exception {
    assumeTrue(Strace.isUsable());
    List<Site> all = new ArrayList<>();
    UNDER_LOAD.forEach((calls, count) -> addSites(all, false, calls, count));
    DURING_START.forEach((calls, count) -> addSites(all, true, calls, count));
    Collections.shuffle(all, new Random(SEED));
    sites.addAll(all);
    Lanes.run(2, this::lane);
    System.out.printf(
        "seed %d: %d kills at distinct system calls %s, %d calls never came %s;"
            + " %d writes acknowledged, none lost%n",
        SEED,
        kills.get(),
        reached,
        missed.values().stream().mapToInt(Integer::intValue).sum(),
        missed,
        acknowledged.get());
    assertTrue(kills.get() >= KILLS, "too many calls never came: " + missed);
  }

  private static void addSites(List<Site> all, boolean duringStart, String calls, int count) {
    for (int nth = 1; nth <= count; nth++) {
      all.add(new Site(duringStart, calls, nth));
    }
  }

  private void lane(int lane) throws Exception {
    Path own = Files.createDirectories(directory.resolve("lane-" + lane));
    try (Cluster cluster = Cluster.prepare(Flavor.HOLDFAST, 1, own, "--snapshot-count=50")) {
      MemberProcess member = cluster.member(0).withVariables(CountingLoad.QUICK_START);
      member.start().awaitReady(PATIENCE);
      CountingLoad load = new CountingLoad(member.endpoint());
      Site site;
      while (kills.get() < KILLS && (site = sites.poll()) != null) {
        Path trace = own.resolve("trace.txt");
        Files.deleteIfExists(trace);
        boolean hit =
            site.duringStart() ? killInStart(member, site, trace) : kill(member, load, site, trace);
        (hit ? reached : missed).merge(site.kind(), 1, Integer::sum);
        kills.addAndGet(hit ? 1 : 0);
        if (!member.isAlive()) {
          member.wrappedIn(List.of()).start().awaitReady(PATIENCE);
        }
        assertEquals(List.of(), load.verify(), site + ", seed " + SEED + "\n" + member.log());
      }
      acknowledged.addAndGet(load.acknowledgements());
    }
  }

  private boolean kill(MemberProcess member, CountingLoad load, Site site, Path trace)
      throws InterruptedException {
    try (Strace strace = Strace.attach(member.pid(), site.calls(), site.injection(), trace)) {
      load.start();
      boolean hit = member.endsWithin(REACHED_WITHIN);
      load.stop();
      return hit;
    }
  }

  private boolean killInStart(MemberProcess member, Site site, Path trace) {
    member.kill();
    member.wrappedIn(Strace.prefix(site.calls(), site.injection(), trace)).start();
    boolean survived = member.becomesReady(PATIENCE);
    // A survivor would stay traced, and a process has one tracer at a time.
    member.kill();
    return !survived;
  }
}
