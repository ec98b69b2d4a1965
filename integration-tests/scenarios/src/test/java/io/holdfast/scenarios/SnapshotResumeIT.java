package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A member that is too far behind gets a snapshot while writes go on, and whichever side is killed
 * half way, the transfer goes on where it stopped, also when another member sends the rest.
 */
class SnapshotResumeIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int VALUE_BYTES = 900_000;
  private static final int VALUES = 36;

  /** More than a leader keeps for a member that has just got a snapshot. */
  private static final int MORE_VALUES = 48;

  private static final Map<String, String> HEAP = Map.of("HOLDFAST_OPTS", "-Xmx256m");
  private static final long KILL_AT_BYTES = 12L << 20;
  private static final long PAUSE_NANOS = 5_000_000;
  private static final Pattern GOING_ON = Pattern.compile("going on at byte (\\d+)");
  private static final Pattern COUNT = Pattern.compile("\"count\":\\s*\"?(\\d+)\"?");
  private static final Pattern HASH = Pattern.compile("\"hash\":\\s*\"?(\\d+)\"?");

  @TempDir Path directory;

  private final AtomicBoolean stopped = new AtomicBoolean();
  private final AtomicInteger acknowledged = new AtomicInteger();
  private final Random random = new Random(11);

  @Test
  void goesOnAfterTheReceiverAndAfterTheSenderWereKilled() throws Exception {
    Cluster cluster =
        Cluster.prepare(
            Flavor.HOLDFAST, 3, directory, "--snapshot-count=20", "--snapshot-catchup-entries=5");
    // What a leader keeps for receivers of snapshots is a part of its memory.
    cluster.members().forEach(member -> member.withVariables(HEAP));
    try (cluster) {
      cluster.start();
      MemberProcess leader = cluster.awaitLeader(PATIENCE);
      MemberProcess behind =
          cluster.members().stream().filter(member -> member != leader).findFirst().orElseThrow();
      Thread load = new Thread(() -> write(cluster, behind));
      load.start();
      try {
        behind.kill();
        fill(leader, "first", VALUES);
        behind.start();
        killWhenHalfWay(behind, behind);
        assertGoesOn(behind);

        behind.kill();
        fill(cluster.awaitLeader(PATIENCE), "second", MORE_VALUES);
        behind.start();
        MemberProcess sender = cluster.awaitLeader(PATIENCE);
        killWhenHalfWay(behind, sender);
        int before = acknowledged.get();
        assertGoesOn(behind);
        sender.start().awaitReady(PATIENCE);
        await("writes to go on", () -> acknowledged.get() > before);
      } catch (AssertionError e) {
        throw new AssertionError(e.getMessage() + "\n" + cluster.logTails(), e);
      } finally {
        stopped.set(true);
        load.join();
      }
      await("equal members", () -> hashes(cluster).size() == 1);
      String counted =
          behind
              .post(
                  "/v3/kv/range",
                  "{\"key\":\""
                      + base64("load")
                      + "\",\"range_end\":\""
                      + base64("loae")
                      + "\",\"count_only\":true}")
              .orElseThrow();
      Matcher count = COUNT.matcher(counted);
      assertTrue(count.find(), counted);
      assertTrue(
          Integer.parseInt(count.group(1)) >= acknowledged.get(),
          count.group(1) + " keys, " + acknowledged + " writes were acknowledged");
    }
  }

  /** New keys all the time, through any member but one. */
  private void write(Cluster cluster, MemberProcess except) {
    int next = 1;
    while (!stopped.get()) {
      for (MemberProcess member : cluster.members()) {
        if (member != except && !stopped.get() && put(member, "load" + next, bytes("x"))) {
          acknowledged.set(next++);
        }
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  private void fill(MemberProcess member, String prefix, int values) throws Exception {
    byte[] value = new byte[VALUE_BYTES];
    for (int i = 0; i < values; i++) {
      random.nextBytes(value);
      String key = prefix + i;
      await("a put", () -> put(member, key, value));
    }
  }

  private void killWhenHalfWay(MemberProcess receiver, MemberProcess victim) throws Exception {
    Path part = Path.of(receiver.flag("data-dir").orElseThrow(), "member/snap/incoming.part");
    await("half a snapshot", () -> sizeOf(part) > KILL_AT_BYTES);
    victim.kill();
    if (victim == receiver) {
      assertTrue(sizeOf(part) > KILL_AT_BYTES, "the transfer was over before the kill");
      victim.start();
    }
  }

  private void assertGoesOn(MemberProcess member) throws Exception {
    await("the transfer to go on", () -> GOING_ON.matcher(member.log()).find());
    Matcher matcher = GOING_ON.matcher(member.log());
    assertTrue(matcher.find());
    long from = Long.parseLong(matcher.group(1));
    assertTrue(from >= KILL_AT_BYTES / 2, "went on at byte " + from + " only");
    member.awaitReady(PATIENCE);
  }

  private static Set<String> hashes(Cluster cluster) {
    Set<String> hashes = new HashSet<>();
    for (MemberProcess member : cluster.members()) {
      String answer = member.post("/v3/maintenance/hashkv", "{}").orElse("");
      Matcher matcher = HASH.matcher(answer);
      hashes.add(matcher.find() ? matcher.group(1) : "none of " + member.name());
    }
    return hashes;
  }

  private static boolean put(MemberProcess member, String key, byte[] value) {
    return member
        .post(
            "/v3/kv/put",
            "{\"key\":\""
                + base64(key)
                + "\",\"value\":\""
                + Base64.getEncoder().encodeToString(value)
                + "\"}")
        .isPresent();
  }

  private static long sizeOf(Path file) {
    try {
      return Files.exists(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      return 0;
    }
  }

  private interface Condition {
    boolean holds();
  }

  private static void await(String what, Condition condition) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      assertTrue(System.nanoTime() < end, "waited in vain for " + what);
      Thread.sleep(5);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(bytes(text));
  }
}
