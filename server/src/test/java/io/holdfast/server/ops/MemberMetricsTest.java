package io.holdfast.server.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.alarm.AlarmType;
import io.holdfast.server.service.BackupCounters;
import io.holdfast.server.service.HealthFacts;
import io.holdfast.server.service.IntegrityCounters;
import io.holdfast.server.service.MemberCounters;
import io.holdfast.server.service.PeerCounters;
import io.holdfast.server.service.PromotionCounters;
import io.holdfast.server.service.TimesToLive;
import io.holdfast.server.service.UsageCounters;
import io.holdfast.server.watch.WatchFigures;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.exporter.common.TextFormat;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MemberMetricsTest {
  private final ObservedMember member = new ObservedMember();
  private final MemberMetrics metrics = new MemberMetrics(member);

  @Test
  void namesAndValuesAreThoseThatDashboardsRead() throws IOException {
    member.observe(
        () -> new HealthFacts(true, 0, 1, true, false, false),
        () ->
            new MemberCounters(
                171,
                true,
                true,
                false,
                3,
                40,
                39,
                40,
                39,
                2,
                1,
                5,
                51,
                52,
                6,
                7,
                1,
                8000,
                7000,
                8,
                0,
                50,
                20,
                true,
                new PromotionCounters(2, Map.of("not in sync", 3L)),
                61,
                11,
                new WatchFigures(12, 13, 14, 141, 142),
                15,
                1600,
                List.of(new Alarm(AlarmType.NO_SPACE, 255)),
                List.of(
                    new PeerCounters(
                        254,
                        true,
                        34,
                        31,
                        32,
                        33,
                        new double[] {0.0001, Double.POSITIVE_INFINITY},
                        new long[] {2, 3},
                        0.5)),
                new UsageCounters(
                    71, 72, 7300, 74, 75, 751, 76, 77, 78, 79, new TimesToLive(new long[25], 600)),
                new IntegrityCounters(21, 22, 23, 24, 25, 26, 0.5, true)),
        () -> Optional.of(new BackupCounters(4, 1, 1_700_000_000_000L, 512, 9, 3)));
    metrics.versions("1.2.3", "3.6.0");
    WorkTimings timings = new WorkTimings();
    metrics.timings(timings);
    timings.walSync(3_000_000);
    timings.hash(3_000_000);
    timings.walWrite(4096, 1_500_000);
    timings.walWrite(1024, 500_000);
    timings.removalStep(3_000_000);
    timings.removal(150_000_000);
    timings.executed("Put", true, 150_000);
    timings.executed("Put", false, 90_000);
    timings.executed("Txn", true, 100_000_001);
    metrics.health().count(true);
    metrics.health().count(true);
    metrics.health().count(false);
    RpcMetrics.Method range = new RpcMetrics.Method("etcdserverpb.KV", "Range", "unary");
    metrics.calls().started(range).add(2);
    metrics.calls().handled(range, "OK").increment();
    metrics.calls().handling(range).record(6_000_000);
    metrics.calls().messagesReceived(range).add(4);
    metrics.calls().messagesSent(range).add(5);
    metrics.calls().clientRequest("3.5", true);
    metrics.calls().clientRequest("3.5", true);
    metrics.calls().clientRequest(null, false);
    metrics.calls().bytesReceived().add(60);
    metrics.calls().bytesSent().add(70);
    List<String> lines = scrape();
    for (String line :
        List.of(
            "etcd_debugging_auth_revision 61.0",
            "etcd_server_health_success 2.0",
            "etcd_server_health_failures 1.0",
            "etcd_disk_defrag_inflight 1.0",
            "etcd_server_learner_promote_successes 2.0",
            "etcd_server_learner_promote_failures{Reason=\"not in sync\",} 3.0",
            "etcd_server_slow_read_indexes_total 51.0",
            "etcd_debugging_server_lease_expired_total 79.0",
            "etcd_debugging_lease_ttl_total_sum 600.0",
            "etcd_debugging_lease_ttl_total_bucket{le=\"8388608.0\",} 0.0",
            "etcd_disk_backend_defrag_duration_seconds_bucket{le=\"0.1\",} 0.0",
            "etcd_mvcc_hash_duration_seconds_bucket{le=\"0.01\",} 1.0",
            "etcd_server_heartbeat_send_failures_total 52.0",
            "etcd_mvcc_db_open_read_transactions 8.0",
            "etcd_disk_wal_write_bytes_total 5120.0",
            "etcd_disk_wal_write_duration_seconds_bucket{le=\"0.001\",} 1.0",
            "etcd_disk_wal_write_duration_seconds_count 2.0",
            "etcd_debugging_mvcc_db_compaction_pause_duration_milliseconds_bucket{le=\"2.0\",} 0.0",
            "etcd_debugging_mvcc_db_compaction_pause_duration_milliseconds_bucket{le=\"4.0\",} 1.0",
            "etcd_debugging_mvcc_db_compaction_pause_duration_milliseconds_sum 3.0",
            "etcd_debugging_mvcc_db_compaction_total_duration_milliseconds_bucket{le=\"200.0\",} 1.0",
            "etcd_debugging_mvcc_db_compaction_keys_total 751.0",
            "etcd_server_apply_duration_seconds_bucket{version=\"v3\",op=\"Put\",success=\"true\",le=\"1.0E-4\",} 0.0",
            "etcd_server_apply_duration_seconds_bucket{version=\"v3\",op=\"Put\",success=\"true\",le=\"2.0E-4\",} 1.0",
            "etcd_server_apply_duration_seconds_count{version=\"v3\",op=\"Put\",success=\"false\",} 1.0",
            "etcd_server_slow_apply_total 1.0",
            "etcd_debugging_mvcc_watcher_total 12.0",
            "etcd_debugging_mvcc_slow_watcher_total 13.0",
            "etcd_debugging_mvcc_watch_stream_total 14.0",
            "etcd_debugging_mvcc_events_total 141.0",
            "etcd_debugging_mvcc_pending_events_total 142.0",
            "etcd_server_has_leader 1.0",
            "etcd_server_is_leader 0.0",
            "etcd_server_id{server_id=\"ab\",} 1.0",
            "etcd_server_is_learner 1.0",
            "etcd_mvcc_range_total 71.0",
            "etcd_mvcc_put_total 72.0",
            "etcd_debugging_mvcc_put_total 72.0",
            "etcd_cluster_version{cluster_version=\"3.6\",} 1.0",
            "etcd_debugging_mvcc_total_put_size_in_bytes 7300.0",
            "etcd_mvcc_delete_total 74.0",
            "etcd_mvcc_txn_total 75.0",
            "etcd_debugging_lease_granted_total 76.0",
            "etcd_debugging_lease_renewed_total 77.0",
            "etcd_debugging_lease_revoked_total 78.0",
            "holdfast_backup_success_total 4.0",
            "holdfast_backup_failures_total 1.0",
            "holdfast_backup_last_success_timestamp_seconds 1.7E9",
            "holdfast_backup_kept 3.0",
            "etcd_server_leader_changes_seen_total 3.0",
            "etcd_server_proposals_committed_total 40.0",
            "etcd_server_proposals_applied_total 39.0",
            "etcd_server_proposals_pending 2.0",
            "etcd_server_proposals_failed_total 1.0",
            "etcd_server_read_indexes_pending 5.0",
            "etcd_server_read_indexes_failed_total 51.0",
            "etcd_server_snapshot_apply_in_progress_total 1.0",
            "etcd_network_known_peers{Local=\"ab\",Remote=\"fe\",} 1.0",
            "etcd_server_commits_total 40.0",
            "etcd_server_leader_commits_index 40.0",
            "etcd_server_apply_commits_index 39.0",
            "etcd_mvcc_db_total_size_in_bytes 8000.0",
            "holdfast_disk_free_bytes 1600.0",
            "etcd_debugging_server_alarms{server_id=\"ff\",alarm_type=\"NOSPACE\",} 1.0",
            "holdfast_damage_found_total 21.0",
            "holdfast_hash_comparisons_incomplete_total 23.0",
            "holdfast_scrub_progress_ratio 0.5",
            "holdfast_member_repairing 1.0",
            "etcd_mvcc_db_total_size_in_use_in_bytes 7000.0",
            "etcd_debugging_mvcc_keys_total 11.0",
            "etcd_debugging_mvcc_watcher_total 12.0",
            "etcd_debugging_mvcc_slow_watcher_total 13.0",
            "etcd_server_version{server_version=\"3.6.0\",} 1.0",
            "holdfast_version{version=\"1.2.3\",} 1.0",
            "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.002\",} 0.0",
            "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"0.004\",} 1.0",
            "etcd_disk_wal_fsync_duration_seconds_bucket{le=\"+Inf\",} 1.0",
            "etcd_wal_fsync_duration_seconds_count 1.0",
            "etcd_wal_fsync_duration_seconds_sum 0.003",
            "etcd_disk_backend_commit_duration_seconds_count 0.0",
            "etcd_server_client_requests_total{client_api_version=\"3.5\",type=\"unary\",} 2.0",
            "etcd_server_client_requests_total{client_api_version=\"unknown\",type=\"stream\",} 1.0",
            "grpc_server_started_total{grpc_method=\"Range\","
                + "grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\",} 2.0",
            "grpc_server_msg_received_total{grpc_method=\"Range\","
                + "grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\",} 4.0",
            "grpc_server_msg_sent_total{grpc_method=\"Range\","
                + "grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\",} 5.0",
            "grpc_server_handling_seconds_bucket{grpc_method=\"Range\","
                + "grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\",le=\"0.005\",} 0.0",
            "grpc_server_handling_seconds_bucket{grpc_method=\"Range\","
                + "grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\",le=\"0.01\",} 1.0",
            "grpc_server_handling_seconds_count{grpc_method=\"Range\","
                + "grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\",} 1.0",
            "etcd_network_active_peers{Local=\"ab\",Remote=\"fe\",} 1.0",
            "etcd_network_disconnected_peers_total{Local=\"ab\",Remote=\"fe\",} 34.0",
            "etcd_network_peer_sent_bytes_total{To=\"fe\",} 31.0",
            "etcd_network_peer_received_bytes_total{From=\"fe\",} 32.0",
            "etcd_network_peer_sent_failures_total{To=\"fe\",} 33.0",
            "etcd_network_peer_round_trip_time_seconds_bucket{To=\"fe\",le=\"1.0E-4\",} 2.0",
            "etcd_network_peer_round_trip_time_seconds_bucket{To=\"fe\",le=\"+Inf\",} 3.0",
            "etcd_network_peer_round_trip_time_seconds_count{To=\"fe\",} 3.0",
            "etcd_network_client_grpc_received_bytes_total 60.0",
            "etcd_network_client_grpc_sent_bytes_total 70.0",
            "grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Range\","
                + "grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\",} 1.0")) {
      assertTrue(lines.contains(line), line);
    }
    assertTrue(lines.stream().anyMatch(line -> line.startsWith("process_cpu_seconds_total ")));
  }

  @Test
  void whileTheMemberRecoversOnlyItsOwnFiguresAreMissing() throws IOException {
    List<String> lines = scrape();
    assertFalse(lines.stream().anyMatch(line -> line.startsWith("etcd_server_has_leader")));
    assertTrue(lines.stream().anyMatch(line -> line.startsWith("process_start_time_seconds ")));
  }

  @Test
  void probesSayWhatAKubeletMustKnow() {
    assertProbes("DOWN", "DOWN", "UP");
    observe(new HealthFacts(true, 5, 0, false, false, false));
    assertProbes("UP", "DOWN", "UP");
    observe(new HealthFacts(true, 5, 7, true, false, false));
    assertProbes("UP", "UP", "UP");
    observe(new HealthFacts(true, 31_000, 7, true, false, false));
    assertProbes("UP", "UP", "DOWN");
    observe(new HealthFacts(true, 5, 7, true, false, true));
    assertProbes("UP", "DOWN", "DOWN");
  }

  private void observe(HealthFacts facts) {
    member.observe(
        () -> facts,
        () -> {
          throw new AssertionError("probes read no counters");
        },
        Optional::empty);
  }

  private void assertProbes(String started, String ready, String live) {
    assertEquals(started, new StartupCheck(member).call().getStatus().name(), "started");
    assertEquals(ready, new ReadinessCheck(member).call().getStatus().name(), "ready");
    assertEquals(live, new LivenessCheck(member).call().getStatus().name(), "live");
  }

  @Test
  void clientsCannotFillTheMemoryWithMadeUpVersions() {
    RpcMetrics calls = new RpcMetrics();
    for (int i = 0; i < 1_000; i++) {
      calls.clientRequest("made up " + i, true);
    }
    calls.clientRequest("9".repeat(10_000), true);
    assertEquals(65, calls.clientRequests().size());
    assertEquals(
        1_001, calls.clientRequests().values().stream().mapToLong(count -> count.sum()).sum());
    assertTrue(
        calls.clientRequests().keySet().stream()
            .allMatch(client -> client.apiVersion().length() <= 32));
  }

  private List<String> scrape() throws IOException {
    CollectorRegistry registry = new CollectorRegistry();
    registry.register(metrics);
    StringWriter page = new StringWriter();
    TextFormat.write004(page, registry.metricFamilySamples());
    return page.toString().lines().toList();
  }
}
