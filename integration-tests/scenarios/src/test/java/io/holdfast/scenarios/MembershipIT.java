package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Etcdctl;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import io.holdfast.harness.Ports;
import io.holdfast.harness.Programs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An operator changes the members of a running cluster with etcd's own tool. */
class MembershipIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Pattern INITIAL_CLUSTER =
      Pattern.compile("ETCD_INITIAL_CLUSTER=\"([^\"]*)\"");
  private static final Pattern ADDED = Pattern.compile("Member\\s+([0-9a-f]+) added to cluster");
  private static final Pattern LAST_WORDS = Pattern.compile("(?m)^Error: (.*)\\s*\\z");
  private static final Pattern CODE = Pattern.compile("code = (\\w+) desc");
  private static final int EXIT_REMOVED = 3;

  @TempDir Path directory;

  /** A member as {@code member add} has announced it. */
  private record Added(String id, int peerPort, String initialCluster) {}

  @BeforeEach
  void needsEtcdctl() {
    assumeTrue(Programs.available("etcdctl"));
  }

  @Test
  void growsUnderLoadLosesAMemberForGoodAndReplacesIt() throws Exception {
    try (Cluster cluster = Cluster.start(Flavor.HOLDFAST, 1, directory)) {
      for (int i = 1; i <= 2; i++) {
        put(cluster.member(0), "before" + i);
        join(cluster, "m" + i, false);
      }
      for (MemberProcess member : cluster.members()) {
        put(member, "on " + member.name());
      }
      awaitVotes(cluster, 2);
      // Its disk is lost with it.
      MemberProcess lost = cluster.member(2);
      String lostId = idOf(cluster.member(0), "m2");
      lost.kill();
      put(cluster.member(0), "without it");
      retried(cluster.member(0), "member", "remove", lostId);
      join(cluster, "m3", false);
      awaitVotes(cluster, 3);
      assertEquals("v", get(cluster.member(3), "without it"));
      lost.start();
      assertEquals(EXIT_REMOVED, lost.awaitExit(PATIENCE));
      assertTrue(lost.log().contains("was removed from the cluster for good"), lost.log());
    }
  }

  @Test
  void aRemovedMemberEndsByItselfAndSaysWhyAgainAndAgain() throws Exception {
    try (Cluster cluster = Cluster.start(Flavor.HOLDFAST, 3, directory)) {
      MemberProcess leader = cluster.awaitLeader(PATIENCE);
      MemberProcess asked = leader == cluster.member(0) ? cluster.member(1) : cluster.member(0);
      retried(asked, "member", "remove", idOf(asked, leader.name()));
      assertEquals(EXIT_REMOVED, leader.awaitExit(PATIENCE));
      assertEquals(EXIT_REMOVED, leader.start().awaitExit(PATIENCE));
      assertTrue(leader.log().contains("add it as a new member"), leader.log());
      put(asked, "after");
    }
  }

  @Test
  void saysWhatEtcdSays() throws Exception {
    assumeTrue(Programs.available("etcd"));
    List<String> ofEtcd = refusals(Flavor.ETCD, directory.resolve("etcd"));
    assertEquals(ofEtcd, refusals(Flavor.HOLDFAST, directory.resolve("holdfast")));
  }

  /** What is refused, and in which words, in a cluster of two voters and a learner. */
  private List<String> refusals(Flavor flavor, Path place) throws Exception {
    List<String> said = new ArrayList<>();
    try (Cluster cluster = Cluster.start(flavor, 2, place)) {
      MemberProcess first = cluster.member(0);
      awaitVotes(cluster, 1);
      Added learner = add(cluster, "learner", true);
      said.add(refused(first, "member", "promote", learner.id()));
      said.add(refused(first, "member", "promote", idOf(first, "m1")));
      said.add(refused(first, "member", "promote", "77"));
      said.add(refused(first, "member", "remove", "77"));
      // etcd makes ids of URLs and seconds: within the same second it complains of the id instead.
      Thread.sleep(1_100);
      String taken = "--peer-urls=http://127.0.0.1:" + learner.peerPort();
      said.add(refused(first, "member", "add", "again", taken));
      said.add(refused(first, "member", "update", idOf(first, "m1"), taken));
      said.add(refused(first, "member", "update", "77", "--peer-urls=http://127.0.0.1:1"));
      said.add(
          refused(first, "member", "add", "more", "--learner", "--peer-urls=http://127.0.0.1:1"));
      said.add(refused(first, "member", "add", "bad", "--peer-urls=ftp://127.0.0.1:1"));
      MemberProcess joined =
          cluster.joining("learner", learner.peerPort(), learner.initialCluster()).start();
      awaitStatus(joined);
      said.add(refused(joined, "put", "a", "b"));
      said.add(refused(joined, "get", "a"));
      retried(first, "member", "promote", learner.id());
      put(joined, "now it may");
    }
    return said;
  }

  private static String refused(MemberProcess member, String... command) {
    Programs.Outcome outcome = new Etcdctl(member.endpoint()).run(command);
    assertTrue(outcome.exitCode() != 0, String.join(" ", command) + ": " + outcome.out());
    Matcher words = LAST_WORDS.matcher(outcome.err());
    assertTrue(words.find(), outcome.err());
    String text = words.group(1).replaceAll("127\\.0\\.0\\.1:\\d+", "HOST");
    Matcher code = CODE.matcher(outcome.err());
    // Its code was another one in etcd 3.4 than it is since.
    boolean compared = !text.contains("not supported for learner") && code.find();
    return compared ? code.group(1) + ": " + text : text;
  }

  private MemberProcess join(Cluster cluster, String name, boolean learner) throws Exception {
    Added added = add(cluster, name, learner);
    return cluster
        .joining(name, added.peerPort(), added.initialCluster())
        .start()
        .awaitReady(PATIENCE);
  }

  private static Added add(Cluster cluster, String name, boolean learner) throws Exception {
    int port = Ports.free(1).get(0);
    List<String> command = new ArrayList<>();
    command.addAll(List.of("member", "add", name, "--peer-urls=http://127.0.0.1:" + port));
    if (learner) {
      command.add("--learner");
    }
    String out = retried(cluster.member(0), command.toArray(String[]::new));
    return new Added(find(ADDED, out), port, find(INITIAL_CLUSTER, out));
  }

  /** Again until it is done: connections must have stood for some seconds first. */
  private static String retried(MemberProcess member, String... command) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    Programs.Outcome outcome = new Etcdctl(member.endpoint()).run(command);
    while (outcome.exitCode() != 0 && System.nanoTime() < end) {
      Thread.sleep(200);
      outcome = new Etcdctl(member.endpoint()).run(command);
    }
    assertEquals(0, outcome.exitCode(), outcome.err() + member.log());
    return outcome.out();
  }

  /** Waits until so many other members are steadily connected to the first one. */
  private static void awaitVotes(Cluster cluster, int others) throws Exception {
    long steadyFrom = System.nanoTime() + Duration.ofSeconds(6).toNanos();
    while (System.nanoTime() < steadyFrom) {
      put(cluster.member(others), "steady");
      Thread.sleep(200);
    }
  }

  private static void awaitStatus(MemberProcess member) throws Exception {
    retried(member, "get", "nothing", "--consistency=s");
  }

  private static void put(MemberProcess member, String key) throws Exception {
    retried(member, "put", key, "v");
  }

  private static String get(MemberProcess member, String key) {
    return new Etcdctl(member.endpoint()).run("get", key, "--print-value-only").out().strip();
  }

  private static String idOf(MemberProcess asked, String name) {
    String list = new Etcdctl(asked.endpoint()).run("member", "list").out();
    return find(Pattern.compile("(?m)^([0-9a-f]+), \\w+, " + name + ","), list);
  }

  private static String find(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    assertTrue(matcher.find(), pattern + " in " + text);
    return matcher.group(1);
  }
}
