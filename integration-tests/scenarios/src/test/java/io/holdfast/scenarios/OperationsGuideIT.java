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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The operator's pages, walked as they stand in docs/operations.md, with the real etcdctl. */
class OperationsGuideIT {
  private static final int KEYS = 50;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  @Test
  void restoringFromABackup() {
    assumeTrue(Programs.available("etcdctl") && Programs.available("curl"));
    Path backup = directory.resolve("backup.db");
    try (Cluster old = Cluster.start(Flavor.HOLDFAST, 1, directory.resolve("old"))) {
      Etcdctl etcdctl = new Etcdctl(old.endpoints());
      fill(etcdctl);
      succeed(etcdctl, "snapshot", "save", backup.toString());
      succeed(etcdctl, "put", "after", "the backup");
    }
    Map<String, String> variables = new HashMap<>();
    variables.put("BACKUP", backup.toString());
    variables.put("TOKEN", "restored");
    List<Integer> ports = Ports.free(6);
    List<String> endpoints = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      endpoints.add("127.0.0.1:" + ports.get(2 * i - 2));
      variables.put("NAME_" + i, "new" + i);
      variables.put("DATA_DIR_" + i, directory.resolve("new" + i).toString());
      variables.put("CLIENT_URL_" + i, "http://127.0.0.1:" + ports.get(2 * i - 2));
      variables.put("PEER_URL_" + i, "http://127.0.0.1:" + ports.get(2 * i - 1));
    }
    try (OperationsGuide guide = new OperationsGuide(directory)) {
      guide.walk("Restoring from a backup", variables);
      for (String endpoint : endpoints) {
        Etcdctl etcdctl = new Etcdctl(endpoint);
        assertFilled(etcdctl);
        assertEquals("", succeed(etcdctl, "get", "after"), "written after the backup");
      }
      succeed(new Etcdctl(endpoints.get(0)), "put", "new", "life");
    }
  }

  @Test
  void replacingAFailedMember() throws InterruptedException {
    assumeTrue(Programs.available("etcdctl"));
    try (Cluster cluster = Cluster.start(Flavor.HOLDFAST, 3, directory);
        OperationsGuide guide = new OperationsGuide(directory)) {
      fill(new Etcdctl(cluster.endpoints()));
      cluster.member(2).kill();
      Map<String, String> variables = newcomer("m3");
      variables.put("CLIENT_URL", "http://" + cluster.member(0).endpoint());
      variables.put("FAILED_NAME", "m2");
      guide.walk("Replacing a failed member", variables);
      Etcdctl newcomer = new Etcdctl(variables.get("NEW_CLIENT_URL"));
      assertFilled(newcomer);
      awaitMembers(newcomer, "m0", "m1", "m3");
      lead(cluster, 0);
      cluster.member(0).kill();
      succeed(newcomer, "put", "without", "m0: the new one counts for the majority");
      assertTrue(
          cluster.member(2).start().endsWithin(PATIENCE), "the removed member does not stop");
    }
  }

  @Test
  void movingACluster() throws InterruptedException {
    assumeTrue(Programs.available("etcdctl"));
    try (Cluster cluster = Cluster.start(Flavor.HOLDFAST, 3, directory);
        OperationsGuide guide = new OperationsGuide(directory)) {
      fill(new Etcdctl(cluster.endpoints()));
      List<String> endpoints = new ArrayList<>(cluster.endpointList());
      for (MemberProcess old : cluster.members()) {
        Map<String, String> variables = newcomer("new-" + old.name());
        variables.put("ENDPOINTS", String.join(",", endpoints));
        variables.put("OLD_NAME", old.name());
        guide.walk("Moving a cluster", variables);
        assertTrue(old.endsWithin(PATIENCE), old.name() + " does not stop");
        endpoints.remove(old.endpoint());
        endpoints.add(variables.get("NEW_CLIENT_URL"));
      }
      for (String endpoint : endpoints) {
        assertFilled(new Etcdctl(endpoint));
      }
      Etcdctl moved = new Etcdctl(endpoints.get(0));
      awaitMembers(moved, "new-m0", "new-m1", "new-m2");
      succeed(moved, "put", "new", "home");
      for (String command : List.of("alarm list", "defrag", "endpoint status", "endpoint hashkv")) {
        succeed(moved, command.split(" "));
      }
    }
  }

  /** What the pages want to know of a member that comes. */
  private Map<String, String> newcomer(String name) {
    List<Integer> ports = Ports.free(2);
    Map<String, String> variables = new HashMap<>();
    variables.put("NEW_NAME", name);
    variables.put("NEW_DATA_DIR", directory.resolve(name).resolve("data").toString());
    variables.put("NEW_CLIENT_URL", "http://127.0.0.1:" + ports.get(0));
    variables.put("NEW_PEER_URL", "http://127.0.0.1:" + ports.get(1));
    return variables;
  }

  /** Waits until the cluster has exactly these members, all of them started voters. */
  private static void awaitMembers(Etcdctl etcdctl, String... names) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      List<String> lines = succeed(etcdctl, "member", "list").lines().toList();
      List<String> voters =
          lines.stream()
              .map(line -> line.split(", "))
              .filter(fields -> fields[1].equals("started") && fields[5].equals("false"))
              .map(fields -> fields[2])
              .sorted()
              .toList();
      if (voters.equals(List.of(names)) && lines.size() == names.length) {
        return;
      }
      assertTrue(System.nanoTime() < end, () -> "members: " + lines);
      Thread.sleep(200);
    }
  }

  /** Makes a member the leader, so that its end is felt. */
  private static void lead(Cluster cluster, int index) {
    MemberProcess leader = cluster.awaitLeader(PATIENCE);
    MemberProcess wanted = cluster.member(index);
    if (leader != wanted) {
      String id =
          succeed(new Etcdctl(cluster.endpoints()), "member", "list")
              .lines()
              .filter(line -> line.contains(", " + wanted.name() + ", "))
              .findFirst()
              .orElseThrow()
              .split(",")[0];
      succeed(new Etcdctl(leader.endpoint()), "move-leader", id);
    }
  }

  private static void fill(Etcdctl etcdctl) {
    for (int i = 0; i < KEYS; i++) {
      succeed(etcdctl, "put", "key" + i, "value" + i);
    }
  }

  private static void assertFilled(Etcdctl etcdctl) {
    String all = succeed(etcdctl, "get", "--prefix", "key");
    for (int i = 0; i < KEYS; i++) {
      assertTrue(all.contains("key" + i + "\nvalue" + i + "\n"), "key" + i + " is missing");
    }
  }

  private static String succeed(Etcdctl etcdctl, String... arguments) {
    Programs.Outcome outcome = etcdctl.run(arguments);
    assertEquals(0, outcome.exitCode(), () -> String.join(" ", arguments) + ": " + outcome.err());
    return outcome.out();
  }
}
