package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Etcdctl;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import io.holdfast.harness.Programs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The metrics of a member beside those of a real etcd after the same calls: which names there are,
 * and what was counted.
 */
@Timeout(180)
class MetricNamesIT {
  /**
   * What a member does not export. The first group tells of parts that only etcd has: the Go
   * runtime, the proxy, the second API's store, the phases of its database's commits. The second is
   * missing.
   */
  private static final List<Pattern> ABSENT =
      List.of(
              "go_.*",
              "promhttp_.*",
              "etcd_server_go_version",
              "etcd_grpc_proxy_.*",
              "etcd_debugging_store_.*",
              "etcd_debugging_disk_backend_commit_.*",
              "etcd_debugging_mvcc_index_compaction_pause_duration_milliseconds",
              // Neither snapshot files beside the store nor feature gates exist here.
              "etcd_debugging_snap_save_.*",
              "etcd_server_feature_enabled",
              "etcd_snap_.*")
          .stream()
          .map(Pattern::compile)
          .toList();

  private static final List<List<String>> CALLS =
      List.of(
          List.of("put", "a", "1"),
          List.of("put", "b", "22"),
          List.of("put", "c", "333"),
          List.of("get", "a"),
          List.of("get", "--prefix", ""),
          List.of("del", "a"),
          List.of("del", "--prefix", "nothing"),
          List.of("del", "b", "d"),
          List.of("lease", "grant", "600"),
          List.of("lease", "grant", "600"));

  private static final String TXN = "version(\"a\") = \"0\"\n\nput a 4444\nput b 5\nget a\n\n\n";

  /** What both must have counted alike. */
  private static final List<String> COUNTED =
      List.of(
          "etcd_mvcc_put_total",
          "etcd_mvcc_delete_total",
          "etcd_mvcc_txn_total",
          "etcd_debugging_mvcc_put_total",
          "etcd_debugging_mvcc_delete_total",
          "etcd_debugging_mvcc_txn_total",
          "etcd_debugging_mvcc_total_put_size_in_bytes",
          "etcd_debugging_mvcc_keys_total",
          "etcd_debugging_lease_granted_total",
          "etcd_debugging_lease_renewed_total",
          "etcd_debugging_lease_ttl_total_count",
          "etcd_debugging_lease_ttl_total_sum",
          "etcd_debugging_lease_revoked_total",
          "etcd_server_is_learner");

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  @Test
  void areThoseOfEtcd() {
    assumeTrue(Programs.available("etcd") && Programs.available("etcdctl"));
    List<String> expected = play(Flavor.ETCD);
    List<String> actual = play(Flavor.HOLDFAST);
    TreeSet<String> missing = names(expected);
    missing.removeAll(names(actual));
    missing.removeIf(name -> ABSENT.stream().anyMatch(one -> one.matcher(name).matches()));
    assertEquals(new TreeSet<String>(), missing, "exported by etcd only");
    assertEquals(counted(expected), counted(actual));
    assertTrue(
        counted(actual).get("etcd_mvcc_put_total").equals("5.0"), () -> counted(actual).toString());
  }

  @Test
  void areThoseOfEtcdWhenAMemberIsLost() {
    assumeTrue(Programs.available("etcd"));
    TreeSet<String> missing = namesAfterALoss(Flavor.ETCD);
    assertTrue(missing.contains("etcd_network_disconnected_peers_total"), missing::toString);
    missing.removeAll(namesAfterALoss(Flavor.HOLDFAST));
    missing.removeIf(name -> ABSENT.stream().anyMatch(one -> one.matcher(name).matches()));
    assertEquals(new TreeSet<String>(), missing, "exported by etcd only");
  }

  /** The names at the leader of three and at the follower that is left. */
  private TreeSet<String> namesAfterALoss(Flavor flavor) {
    Path of = directory.resolve(flavor.name() + "-three");
    try (Cluster cluster = Cluster.start(flavor, 3, of)) {
      MemberProcess leader = cluster.awaitLeader(PATIENCE);
      List<MemberProcess> followers =
          cluster.members().stream().filter(member -> member != leader).toList();
      awaitConnections(leader, 2);
      followers.get(0).kill();
      awaitConnections(leader, 1);
      TreeSet<String> names = names(page(leader));
      names.addAll(names(page(followers.get(1))));
      return names;
    }
  }

  private static void awaitConnections(MemberProcess member, int count) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (page(member).stream()
            .filter(line -> line.matches("etcd_network_active_peers\\{.*} 1(\\.0)?"))
            .count()
        != count) {
      assertTrue(System.nanoTime() < end, "not connected to " + count + " members");
    }
  }

  private static List<String> page(MemberProcess member) {
    return member.get("/metrics").orElseThrow().lines().toList();
  }

  private List<String> play(Flavor flavor) {
    try (Cluster cluster = Cluster.start(flavor, 1, directory.resolve(flavor.name()))) {
      Etcdctl etcdctl = new Etcdctl(cluster.endpoints());
      for (List<String> call : CALLS) {
        succeed(etcdctl.run(call.toArray(String[]::new)));
      }
      succeed(etcdctl.run(List.of("txn"), TXN));
      String id = succeed(etcdctl.run("lease", "list")).lines().skip(1).findFirst().orElseThrow();
      succeed(etcdctl.run("lease", "keep-alive", "--once", id));
      succeed(etcdctl.run("lease", "revoke", id));
      return page(cluster.member(0));
    }
  }

  private static String succeed(Programs.Outcome outcome) {
    assertEquals(0, outcome.exitCode(), outcome::err);
    return outcome.out();
  }

  private static TreeSet<String> names(List<String> page) {
    return page.stream()
        .filter(line -> line.startsWith("# TYPE "))
        .map(line -> line.split(" ")[2])
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static TreeMap<String, String> counted(List<String> page) {
    TreeMap<String, String> values = new TreeMap<>();
    for (String name : COUNTED) {
      page.stream()
          .filter(line -> line.startsWith(name + " "))
          .forEach(line -> values.put(name, Double.valueOf(line.split(" ")[1]).toString()));
    }
    assertEquals(
        COUNTED.size(), values.size(), () -> "not exported, of " + COUNTED + ": " + values);
    return values;
  }
}
