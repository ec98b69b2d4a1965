package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Etcdctl;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import io.holdfast.harness.Programs;
import io.holdfast.harness.fault.LoopDisk;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One member of three keeps its data on a disk of 64 MiB, and that disk fills: by the cluster's own
 * data first, then by somebody else's. The cluster refuses what takes space, on all members, goes
 * on with the rest, loses nothing, and takes puts again once there is room.
 */
class FullDiskIT {
  private static final int DISK_MEBIBYTES = 64;
  private static final int VALUE_BYTES = 60_000;
  private static final int PAGE_KEYS = 8;
  private static final int PUTS_MAX = 10_000;
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @TempDir Path directory;

  /** What was acknowledged. */
  private final TreeMap<String, String> expected = new TreeMap<>();

  private int puts;

  @Test
  void aFullDiskIsAnAlarmNotAnEnd() throws Exception {
    assumeTrue(LoopDisk.isUsable());
    assumeTrue(Programs.available("etcdctl"));
    try (LoopDisk disk = LoopDisk.create(directory, DISK_MEBIBYTES);
        Cluster cluster =
            new Cluster.Plan(Flavor.HOLDFAST, 3, directory)
                .dataDirectories(index -> data(disk, index))
                .prepare()) {
      cluster.members().forEach(MemberProcess::start);
      cluster.members().forEach(member -> member.awaitReady(PATIENCE));
      try {
        Etcdctl etcdctl = new Etcdctl(cluster.endpoints());
        filledByOwnData(disk, cluster, etcdctl);
        filledBySomebodyElse(disk, cluster, etcdctl);
      } catch (Exception | Error e) {
        throw new AssertionError(e.getMessage() + "\n" + cluster.logTails(), e);
      }
    }
  }

  private Path data(LoopDisk disk, int index) {
    return index == 0 ? disk.root().resolve("data") : directory.resolve("data-" + index);
  }

  private void filledByOwnData(LoopDisk disk, Cluster cluster, Etcdctl etcdctl) throws Exception {
    putUntilRefused(cluster);
    System.out.println(expected.size() + " values of " + VALUE_BYTES + " bytes fitted");
    assertTrue(expected.size() > 200, "only " + expected.size() + " values fitted");
    expectAlarmEverywhere(cluster);
    assertTrue(free(disk) > 0, "nothing was kept free");
    expectEverything(cluster);

    delete(etcdctl, expected.size() / 2);
    compact(cluster, etcdctl);
    takesPutsAgain(cluster, etcdctl);
    expectEverything(cluster);
  }

  private void filledBySomebodyElse(LoopDisk disk, Cluster cluster, Etcdctl etcdctl)
      throws Exception {
    Path foreign = disk.root().resolve("foreign");
    fill(foreign);
    putUntilRefused(cluster);
    expectAlarmEverywhere(cluster);
    expectEverything(cluster);
    delete(etcdctl, 20);
    compact(cluster, etcdctl);

    MemberProcess full = cluster.member(0);
    full.kill();
    full.start();
    await("the member to serve on its full disk", () -> full.get("/readyz").isPresent());
    delete(etcdctl, 1);
    expectEverything(cluster);

    Files.delete(foreign);
    takesPutsAgain(cluster, etcdctl);
    expectEverything(cluster);
  }

  private void putUntilRefused(Cluster cluster) {
    int refusals = 0;
    for (int i = 0; refusals < 3; i++) {
      assertTrue(i < PUTS_MAX, "the disk never filled");
      refusals = put(cluster.member(i % 3)) ? 0 : refusals + 1;
    }
  }

  private boolean put(MemberProcess member) {
    String key = String.format("key%06d", puts++);
    String value = key + "=".repeat(VALUE_BYTES - key.length());
    boolean done =
        member
            .post(
                "/v3/kv/put",
                "{\"key\":\"" + base64(key) + "\",\"value\":\"" + base64(value) + "\"}")
            .isPresent();
    if (done) {
      expected.put(key, value);
    }
    return done;
  }

  private void expectAlarmEverywhere(Cluster cluster) throws Exception {
    for (MemberProcess member : cluster.members()) {
      assertTrue(member.isAlive(), member.name() + " has ended");
      Etcdctl etcdctl = new Etcdctl(member.endpoint());
      await(
          "the alarm on " + member.name(),
          () -> etcdctl.run("alarm", "list").out().contains("alarm:NOSPACE"));
      Programs.Outcome put = etcdctl.run("put", "one-more", "value");
      assertTrue(put.err().contains("etcdserver: mvcc: database space exceeded"), put.toString());
    }
  }

  /** Every acknowledged value, on every member. */
  private void expectEverything(Cluster cluster) throws InterruptedException {
    for (MemberProcess member : cluster.members()) {
      String from = expected.firstKey();
      while (from != null) {
        from = expectPage(member, from);
      }
    }
  }

  /** The key that the next page begins with; null behind the last one. */
  private String expectPage(MemberProcess member, String from) throws InterruptedException {
    AtomicReference<Optional<String>> answer = new AtomicReference<>();
    await(
        member.name() + " to answer",
        () -> {
          answer.set(page(member, from));
          return answer.get().isPresent();
        });
    String page = answer.get().orElseThrow();
    int checked = 0;
    for (var pair : expected.tailMap(from).entrySet()) {
      if (checked++ == PAGE_KEYS) {
        return pair.getKey();
      }
      assertTrue(
          page.contains("\"value\":\"" + base64(pair.getValue()) + "\""),
          member.name() + " has lost " + pair.getKey());
    }
    return null;
  }

  private static Optional<String> page(MemberProcess member, String from) {
    return member.post(
        "/v3/kv/range",
        "{\"key\":\""
            + base64(from)
            + "\",\"range_end\":\""
            + base64("l")
            + "\",\"limit\":"
            + PAGE_KEYS
            + "}");
  }

  /** Deletes the first keys. */
  private void delete(Etcdctl etcdctl, int count) {
    String end = expected.keySet().stream().skip(count).findFirst().orElseThrow();
    Programs.Outcome outcome = etcdctl.run("del", expected.firstKey(), end);
    assertEquals(Integer.toString(count), outcome.out().strip(), outcome.err());
    expected.headMap(end).clear();
  }

  private static void compact(Cluster cluster, Etcdctl etcdctl) {
    String status = cluster.member(1).post("/v3/maintenance/status", "{}").orElseThrow();
    String revision = status.replaceAll(".*\"revision\":\"(\\d+)\".*", "$1");
    Programs.Outcome outcome = etcdctl.run("compact", revision, "--physical");
    assertTrue(outcome.out().contains("compacted revision " + revision), outcome.toString());
  }

  /** As an operator does it: clears the alarm, and again when there was still too little room. */
  private void takesPutsAgain(Cluster cluster, Etcdctl etcdctl) throws Exception {
    await(
        "puts to be taken again",
        () -> {
          etcdctl.run("alarm", "disarm");
          return put(cluster.member(0)) && put(cluster.member(1)) && put(cluster.member(2));
        });
  }

  private static void fill(Path file) throws IOException {
    byte[] block = new byte[64 << 10];
    try (OutputStream out = Files.newOutputStream(file)) {
      while (true) {
        out.write(block);
      }
    } catch (IOException full) {
      assertTrue(full.getMessage().contains("No space left"), full.getMessage());
    }
  }

  private static long free(LoopDisk disk) {
    return disk.root().toFile().getUsableSpace();
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "waited in vain for " + what);
      Thread.sleep(200);
    }
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
