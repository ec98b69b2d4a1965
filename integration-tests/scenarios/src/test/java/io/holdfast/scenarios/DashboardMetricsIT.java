package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.DoublePredicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every metric that etcd's Grafana dashboard and alert rules query is exported by a running member,
 * with the labels they group by and a value that can be true.
 */
@Timeout(180)
class DashboardMetricsIT {
  private static final DoublePredicate POSITIVE = value -> value > 0;
  private static final DoublePredicate NOT_NEGATIVE = value -> value >= 0;
  private static final DoublePredicate ONE = value -> value == 1;

  /** A series that a query of the dashboard or of an alert selects. */
  private record Queried(String name, List<String> labels, DoublePredicate plausible) {}

  private static final List<String> CALL = List.of("grpc_method", "grpc_service", "grpc_type");
  private static final List<String> NONE = List.of();

  private static final List<Queried> QUERIED =
      List.of(
          new Queried("etcd_server_has_leader", NONE, ONE),
          new Queried("etcd_server_leader_changes_seen_total", NONE, NOT_NEGATIVE),
          new Queried("etcd_server_proposals_committed_total", NONE, POSITIVE),
          new Queried("etcd_server_proposals_applied_total", NONE, POSITIVE),
          new Queried("etcd_server_proposals_pending", NONE, NOT_NEGATIVE),
          new Queried("etcd_server_proposals_failed_total", NONE, NOT_NEGATIVE),
          new Queried("etcd_server_quota_backend_bytes", NONE, POSITIVE),
          new Queried("etcd_mvcc_db_total_size_in_bytes", NONE, POSITIVE),
          new Queried("etcd_mvcc_db_total_size_in_use_in_bytes", NONE, POSITIVE),
          new Queried("etcd_disk_wal_fsync_duration_seconds_bucket", List.of("le"), POSITIVE),
          new Queried("etcd_disk_backend_commit_duration_seconds_bucket", List.of("le"), POSITIVE),
          new Queried("etcd_network_client_grpc_received_bytes_total", NONE, NOT_NEGATIVE),
          new Queried("etcd_network_client_grpc_sent_bytes_total", NONE, NOT_NEGATIVE),
          new Queried("etcd_network_peer_sent_bytes_total", List.of("To"), POSITIVE),
          new Queried("etcd_network_peer_received_bytes_total", List.of("From"), POSITIVE),
          new Queried("etcd_network_peer_sent_failures_total", List.of("To"), NOT_NEGATIVE),
          new Queried(
              "etcd_network_peer_round_trip_time_seconds_bucket", List.of("To", "le"), POSITIVE),
          new Queried("grpc_server_started_total", CALL, POSITIVE),
          new Queried(
              "grpc_server_handled_total",
              List.of("grpc_code", "grpc_method", "grpc_service", "grpc_type"),
              POSITIVE),
          new Queried(
              "grpc_server_handling_seconds_bucket",
              List.of("grpc_method", "grpc_service", "grpc_type", "le"),
              POSITIVE),
          new Queried("process_resident_memory_bytes", NONE, POSITIVE));

  @TempDir Path directory;
  private final HttpClient http = HttpClient.newHttpClient();

  @Test
  void whatDashboardsAndAlertsQueryIsThere() throws Exception {
    try (Cluster cluster = Cluster.start(Flavor.HOLDFAST, 3, directory)) {
      String member = "http://" + cluster.member(0).endpoint();
      send(
          HttpRequest.newBuilder(URI.create(member + "/v3/kv/put"))
              .POST(BodyPublishers.ofString("{\"key\":\"YQ==\",\"value\":\"Yg==\"}"))
              .build());
      String page = metrics(member);
      long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (missing(page).size() > 0 && System.nanoTime() < end) {
        // The time to a peer is taken every few seconds; commits of the store come later too.
        Thread.sleep(200);
        page = metrics(member);
      }
      assertEquals(List.of(), missing(page), page);
      assertTrue(
          page.contains(
              "grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Put\","
                  + "grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\",}"),
          "calls of the JSON gateway count");
    }
  }

  /** The queries without a series that has their labels and a plausible value. */
  private static List<String> missing(String page) {
    List<String> lines = page.lines().toList();
    return QUERIED.stream()
        .filter(query -> lines.stream().noneMatch(line -> answers(line, query)))
        .map(Queried::name)
        .toList();
  }

  private static boolean answers(String line, Queried query) {
    String labels =
        query.labels().isEmpty()
            ? ""
            : "\\{"
                + String.join("", query.labels().stream().map(l -> l + "=\"[^\"]*\",?").toList())
                + "\\}";
    return Pattern.matches(Pattern.quote(query.name()) + labels + " \\S+", line)
        && query.plausible().test(Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)));
  }

  private String metrics(String member) throws Exception {
    return send(HttpRequest.newBuilder(URI.create(member + "/metrics")).build());
  }

  private String send(HttpRequest request) throws Exception {
    return http.send(request, BodyHandlers.ofString()).body();
  }
}
