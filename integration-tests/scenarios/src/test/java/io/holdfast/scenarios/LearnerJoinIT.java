package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Etcdctl;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.Machine;
import io.holdfast.harness.MemberProcess;
import io.holdfast.harness.Ports;
import io.holdfast.harness.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Learners that have everything to fetch join three members under load: writes go on at about the
 * pace they had; the first learner joins in peace, the second is killed when it has half of the
 * snapshot, and while the third joins, the sender is. What was there already is not sent again; the
 * third is made a voter at the end and holds what the others hold.
 */
@Isolated("latencies are measured")
class LearnerJoinIT {
  private static final int KEYS = Integer.getInteger("holdfast.learner.keys", 100_000);

  /** How many times as slow the slowest hundredth of the writes may become; 0: not asserted. */
  private static final double RATIO_MAX =
      Double.parseDouble(System.getProperty("holdfast.learner.ratio", "0"));

  private static final int VALUE_BYTES = 256;
  private static final long HALF_BYTES = (long) KEYS * VALUE_BYTES / 2;
  private static final Duration WARM_UP = Duration.ofSeconds(6);
  private static final Duration MEASURED_BEFORE = Duration.ofSeconds(6);
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** A learner would have a machine of its own: here it takes what the members leave. */
  private static final List<String> IN_THE_BACKGROUND = List.of("nice", "-n", "19");

  private static final int EXIT_REMOVED = 3;
  private static final Pattern ADDED = Pattern.compile("Member\\s+([0-9a-f]+) added to cluster");
  private static final Pattern INITIAL_CLUSTER =
      Pattern.compile("ETCD_INITIAL_CLUSTER=\"([^\"]*)\"");
  private static final Pattern GOING_ON = Pattern.compile("going on at byte (\\d+)");
  private static final Pattern HASH = Pattern.compile("\"hash\":\\s*\"?(\\d+)\"?");

  @TempDir Path directory;

  /** A learner that was added, and its id in the words of etcd's tool. */
  private record Learner(MemberProcess process, String id) {}

  @Test
  void learnersJoinUnderLoad() throws Exception {
    assumeTrue(Programs.available("etcdctl"));
    try (Cluster cluster = Cluster.start(Flavor.HOLDFAST, 3, directory)) {
      fill(cluster);
      try (LatencyLoad load = new LatencyLoad(cluster.endpoints())) {
        joinInPeace(cluster, load);
        joinAndKillReceiver(cluster);
        joinAndKillSender(cluster, load);
        assertEquals(List.of(), load.stopAndVerify(), () -> "lost: " + load.failures());
        await("equal members", () -> hashes(cluster).size() == 1);
      } catch (Exception | Error e) {
        throw new AssertionError(e.getMessage() + "\n" + cluster.logTails(), e);
      }
    }
  }

  private void joinInPeace(Cluster cluster, LatencyLoad load) throws Exception {
    Thread.sleep(WARM_UP.toMillis());
    long start = System.nanoTime();
    Thread.sleep(MEASURED_BEFORE.toMillis());
    LatencyLoad.Latencies before = load.since(start);
    long joining = System.nanoTime();
    Learner learner = add(cluster, "learner-1");
    learner.process().start();
    awaitCaughtUp(cluster, learner);
    LatencyLoad.Latencies during = load.since(joining);
    double ratio = (double) during.p99Micros() / before.p99Micros();
    System.out.printf(
        "a learner fetched %d keys of %d bytes in %.1f s; before: %s; meanwhile: %s;"
            + " p99 is %.2f times that before; %s%n",
        KEYS,
        VALUE_BYTES,
        (System.nanoTime() - joining) / 1e9,
        before,
        during,
        ratio,
        Machine.load());
    assertTrue(
        RATIO_MAX == 0 || ratio < RATIO_MAX,
        "before: " + before + "; meanwhile: " + during + "; " + Machine.load());
    remove(cluster, learner);
  }

  private void joinAndKillReceiver(Cluster cluster) throws Exception {
    Learner learner = add(cluster, "learner-2");
    learner.process().start();
    awaitHalf(learner);
    learner.process().kill();
    long kept = partBytes(learner);
    assertTrue(kept >= HALF_BYTES, "the transfer was over before the kill");
    learner.process().start();
    assertGoesOn(learner, "after its own end");
    awaitCaughtUp(cluster, learner);
    remove(cluster, learner);
  }

  private void joinAndKillSender(Cluster cluster, LatencyLoad load) throws Exception {
    Learner learner = add(cluster, "learner-3");
    MemberProcess sender = cluster.awaitLeader(PATIENCE);
    learner.process().start();
    awaitHalf(learner);
    sender.kill();
    long killed = System.nanoTime();
    assertGoesOn(learner, "after the sender's end");
    awaitCaughtUp(cluster, learner);
    assertTrue(load.since(killed).writes() > 0);
    sender.start().awaitReady(PATIENCE);
    retried(cluster, "member", "promote", learner.id());
  }

  private static void fill(Cluster cluster) {
    List<String> command =
        List.of(
            Flavor.HOLDFAST.command().get(0),
            "bench",
            "put",
            "--endpoints=" + cluster.endpoints(),
            "--clients=256",
            "--key-space=" + KEYS,
            "--val-size=" + VALUE_BYTES,
            "--fill",
            "--total=1");
    Programs.Outcome outcome =
        Programs.run(command, Map.of("HOLDFAST_BUILD", "never"), Duration.ofMinutes(10));
    assertEquals(0, outcome.exitCode(), outcome.err());
  }

  private Learner add(Cluster cluster, String name) throws Exception {
    int port = Ports.free(1).get(0);
    String out =
        retried(
            cluster, "member", "add", name, "--learner", "--peer-urls=http://127.0.0.1:" + port);
    MemberProcess process = cluster.joining(name, port, first(INITIAL_CLUSTER, out));
    return new Learner(process.wrappedIn(IN_THE_BACKGROUND), first(ADDED, out));
  }

  private static void remove(Cluster cluster, Learner learner) throws Exception {
    retried(cluster, "member", "remove", learner.id());
    assertEquals(EXIT_REMOVED, learner.process().awaitExit(PATIENCE));
    cluster.members().remove(learner.process());
  }

  /** Again until it is done: connections must have stood for some seconds first. */
  private static String retried(Cluster cluster, String... command) throws Exception {
    Etcdctl etcdctl = new Etcdctl(cluster.member(0).endpoint());
    long end = System.nanoTime() + PATIENCE.toNanos();
    Programs.Outcome outcome = etcdctl.run(command);
    while (outcome.exitCode() != 0 && System.nanoTime() < end) {
      Thread.sleep(200);
      outcome = etcdctl.run(command);
    }
    assertEquals(0, outcome.exitCode(), outcome.err());
    return outcome.out();
  }

  /** Waits until the learner has applied everything that the leader has now. */
  private static void awaitCaughtUp(Cluster cluster, Learner learner) throws Exception {
    long index = cluster.awaitLeader(PATIENCE).appliedIndex().orElseThrow();
    await(
        learner.process().name() + " to catch up",
        () -> learner.process().appliedIndex().orElse(0) >= index);
  }

  private static void awaitHalf(Learner learner) throws Exception {
    await("half a snapshot", () -> partBytes(learner) >= HALF_BYTES);
  }

  private static long partBytes(Learner learner) {
    String data = learner.process().flag("data-dir").orElseThrow();
    try {
      return Files.size(Path.of(data, "member/snap/incoming.part"));
    } catch (IOException notThere) {
      return 0;
    }
  }

  private static void assertGoesOn(Learner learner, String when) throws Exception {
    MemberProcess process = learner.process();
    await("the transfer to go on", () -> GOING_ON.matcher(process.log()).find());
    long from = Long.parseLong(first(GOING_ON, process.log()));
    System.out.println(when + " the transfer goes on at byte " + from);
    assertTrue(from >= HALF_BYTES / 2, "went on at byte " + from + " only");
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

  private interface Condition {
    boolean holds();
  }

  private static void await(String what, Condition condition) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      assertTrue(System.nanoTime() < end, "waited in vain for " + what);
      Thread.sleep(2);
    }
  }

  private static String first(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    assertTrue(matcher.find(), pattern + " in " + text);
    return matcher.group(1);
  }
}
