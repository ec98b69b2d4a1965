package io.holdfast.server.ops;

import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.service.PeerCounters;
import io.holdfast.server.service.PromotionCounters;
import io.prometheus.client.Collector.MetricFamilySamples;
import io.prometheus.client.Collector.MetricFamilySamples.Sample;
import io.prometheus.client.Collector.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Builds the list of metrics of one scrape. */
final class MetricFamilies {
  private static final List<String> TO = List.of("To");
  private static final List<String> LOCAL_AND_REMOTE = List.of("Local", "Remote");
  private static final List<String> FROM = List.of("From");
  private static final List<String> METHOD = List.of("grpc_method", "grpc_service", "grpc_type");
  private static final List<String> METHOD_AND_CODE =
      List.of("grpc_code", "grpc_method", "grpc_service", "grpc_type");

  private final List<MetricFamilySamples> families = new ArrayList<>(64);

  List<MetricFamilySamples> list() {
    return families;
  }

  void gauge(String name, String help, double value) {
    families.add(one(name, Type.GAUGE, help, value));
  }

  void gauge(String name, String help, boolean value) {
    gauge(name, help, value ? 1 : 0);
  }

  /**
   * @param name ends with {@code _total}
   */
  void counter(String name, String help, double value) {
    families.add(one(name, Type.COUNTER, help, value));
  }

  /** A counter whose name does not end as those of counters do. */
  void oddCounter(String name, String help, double value) {
    families.add(one(name, Type.UNKNOWN, help, value));
  }

  /** A gauge of the value 1 that carries a text as its label. */
  void info(String name, String help, String label, String text) {
    Sample sample = new Sample(name, List.of(label), List.of(text), 1);
    families.add(new MetricFamilySamples(name, Type.GAUGE, help, List.of(sample)));
  }

  /** Of learners, under etcd's names. */
  void promotions(PromotionCounters promotions) {
    oddCounter(
        "etcd_server_learner_promote_successes",
        "Learners that became voters while this member led.",
        promotions.successes());
    List<Sample> failures = new ArrayList<>();
    promotions
        .failuresByReason()
        .forEach(
            (reason, count) ->
                failures.add(
                    new Sample(
                        "etcd_server_learner_promote_failures",
                        List.of("Reason"),
                        List.of(reason),
                        count)));
    families.add(
        new MetricFamilySamples(
            "etcd_server_learner_promote_failures",
            Type.UNKNOWN,
            "Learners that were not promoted while this member led.",
            failures));
  }

  /** One for each standing alarm. */
  void alarms(List<Alarm> alarms) {
    List<String> labels = List.of("server_id", "alarm_type");
    List<Sample> samples = new ArrayList<>();
    for (Alarm alarm : alarms) {
      List<String> values = List.of(Long.toHexString(alarm.memberId()), alarm.type().wireName());
      samples.add(new Sample("etcd_debugging_server_alarms", labels, values, 1));
    }
    families.add(
        new MetricFamilySamples(
            "etcd_debugging_server_alarms", Type.GAUGE, "Standing alarms.", samples));
  }

  void histogram(String name, String help, DurationHistogram histogram) {
    histogram(
        name,
        help,
        histogram.boundsSeconds(),
        histogram.cumulativeCounts(),
        histogram.sumSeconds());
  }

  /** The same in milliseconds, as etcd's older metrics are. */
  void histogramOfMillis(String name, String help, DurationHistogram histogram) {
    double[] bounds =
        Arrays.stream(histogram.boundsSeconds()).map(MetricFamilies::millis).toArray();
    histogram(name, help, bounds, histogram.cumulativeCounts(), millis(histogram.sumSeconds()));
  }

  private static double millis(double seconds) {
    return seconds * 1000;
  }

  /** How long commands of the log took, by operation and outcome. */
  void executions(Map<WorkTimings.Execution, DurationHistogram> executions) {
    String name = "etcd_server_apply_duration_seconds";
    List<String> labels = List.of("version", "op", "success");
    List<Sample> samples = new ArrayList<>();
    executions.forEach(
        (execution, histogram) -> {
          List<String> values =
              List.of("v3", execution.operation(), Boolean.toString(execution.accepted()));
          samples.addAll(samples(name, labels, values, histogram));
        });
    families.add(
        new MetricFamilySamples(
            name, Type.HISTOGRAM, "How long commands of the log took.", samples));
  }

  private static List<Sample> samples(
      String name, List<String> labels, List<String> values, DurationHistogram histogram) {
    List<Sample> samples = new ArrayList<>();
    double[] bounds = histogram.boundsSeconds();
    long[] counts = histogram.cumulativeCounts();
    for (int i = 0; i < counts.length; i++) {
      samples.add(
          new Sample(name + "_bucket", with(labels, "le"), with(values, le(bounds[i])), counts[i]));
    }
    samples.add(new Sample(name + "_count", labels, values, counts[counts.length - 1]));
    samples.add(new Sample(name + "_sum", labels, values, histogram.sumSeconds()));
    return samples;
  }

  private static List<String> with(List<String> list, String last) {
    List<String> longer = new ArrayList<>(list);
    longer.add(last);
    return longer;
  }

  private static String le(double bound) {
    return Double.isInfinite(bound) ? "+Inf" : Double.toString(bound);
  }

  /**
   * @param bounds of the buckets, ascending; the last one is infinite
   * @param counts how many values are not above each bound
   */
  void histogram(String name, String help, double[] bounds, long[] counts, double sum) {
    List<Sample> samples = new ArrayList<>(counts.length + 2);
    for (int i = 0; i < counts.length; i++) {
      samples.add(new Sample(name + "_bucket", List.of("le"), List.of(le(bounds[i])), counts[i]));
    }
    samples.add(new Sample(name + "_count", List.of(), List.of(), counts[counts.length - 1]));
    samples.add(new Sample(name + "_sum", List.of(), List.of(), sum));
    families.add(new MetricFamilySamples(name, Type.HISTOGRAM, help, samples));
  }

  /** Traffic with the other members, under etcd's labels. */
  void peers(long memberId, List<PeerCounters> peers) {
    List<Sample> known = new ArrayList<>();
    List<Sample> active = new ArrayList<>();
    List<Sample> disconnected = new ArrayList<>();
    List<Sample> sent = new ArrayList<>();
    List<Sample> received = new ArrayList<>();
    List<Sample> failures = new ArrayList<>();
    List<Sample> trips = new ArrayList<>();
    String tripName = "etcd_network_peer_round_trip_time_seconds";
    for (PeerCounters peer : peers) {
      List<String> id = List.of(Long.toHexString(peer.memberId()));
      List<String> both = List.of(Long.toHexString(memberId), id.get(0));
      known.add(new Sample("etcd_network_known_peers", LOCAL_AND_REMOTE, both, 1));
      active.add(
          new Sample(
              "etcd_network_active_peers", LOCAL_AND_REMOTE, both, peer.connected() ? 1 : 0));
      disconnected.add(
          new Sample(
              "etcd_network_disconnected_peers_total",
              LOCAL_AND_REMOTE,
              both,
              peer.disconnections()));
      sent.add(new Sample("etcd_network_peer_sent_bytes_total", TO, id, peer.sentBytes()));
      received.add(
          new Sample("etcd_network_peer_received_bytes_total", FROM, id, peer.receivedBytes()));
      failures.add(
          new Sample("etcd_network_peer_sent_failures_total", TO, id, peer.sendFailures()));
      long[] counts = peer.roundTripCounts();
      for (int i = 0; i < counts.length; i++) {
        String le = le(peer.roundTripBoundsSeconds()[i]);
        trips.add(
            new Sample(
                tripName + "_bucket", List.of("To", "le"), List.of(id.get(0), le), counts[i]));
      }
      trips.add(new Sample(tripName + "_count", TO, id, counts[counts.length - 1]));
      trips.add(new Sample(tripName + "_sum", TO, id, peer.roundTripSumSeconds()));
    }
    families.add(
        new MetricFamilySamples(
            "etcd_network_known_peers", Type.GAUGE, "The other members, as known here.", known));
    families.add(
        new MetricFamilySamples(
            "etcd_network_active_peers",
            Type.GAUGE,
            "Whether the connection to another member stands.",
            active));
    families.add(
        new MetricFamilySamples(
            "etcd_network_disconnected_peers_total",
            Type.COUNTER,
            "Connections to another member that were lost.",
            disconnected));
    families.add(
        new MetricFamilySamples(
            "etcd_network_peer_sent_bytes_total", Type.COUNTER, "Bytes sent to peers.", sent));
    families.add(
        new MetricFamilySamples(
            "etcd_network_peer_received_bytes_total",
            Type.COUNTER,
            "Bytes received from peers.",
            received));
    families.add(
        new MetricFamilySamples(
            "etcd_network_peer_sent_failures_total",
            Type.COUNTER,
            "Messages to peers that could not be sent.",
            failures));
    families.add(
        new MetricFamilySamples(
            tripName, Type.HISTOGRAM, "From a question to a peer to its answer.", trips));
  }

  void calls(RpcMetrics calls) {
    byMethod("grpc_server_started_total", "Calls that began.", calls.startedCounts());
    byMethod(
        "grpc_server_msg_received_total",
        "Messages received from clients.",
        calls.messagesReceivedCounts());
    byMethod("grpc_server_msg_sent_total", "Messages sent to clients.", calls.messagesSentCounts());
    List<Sample> handled = new ArrayList<>();
    for (RpcMetrics.Count count : calls.handledCounts()) {
      RpcMetrics.Method method = count.method();
      List<String> values = List.of(count.code(), method.method(), method.service(), method.type());
      handled.add(new Sample("grpc_server_handled_total", METHOD_AND_CODE, values, count.calls()));
    }
    families.add(
        new MetricFamilySamples(
            "grpc_server_handled_total", Type.COUNTER, "Calls that ended, by outcome.", handled));
    handlingTimes(calls);
    clientRequests(calls);
    counter(
        "etcd_network_client_grpc_received_bytes_total",
        "Bytes of messages from gRPC clients.",
        calls.bytesReceived().sum());
    counter(
        "etcd_network_client_grpc_sent_bytes_total",
        "Bytes of messages to gRPC clients.",
        calls.bytesSent().sum());
  }

  private void clientRequests(RpcMetrics calls) {
    String name = "etcd_server_client_requests_total";
    List<String> labels = List.of("client_api_version", "type");
    List<Sample> samples = new ArrayList<>();
    calls
        .clientRequests()
        .forEach(
            (client, count) ->
                samples.add(
                    new Sample(
                        name, labels, List.of(client.apiVersion(), client.type()), count.sum())));
    families.add(
        new MetricFamilySamples(name, Type.COUNTER, "Calls by the client's API version.", samples));
  }

  private void byMethod(String name, String help, List<RpcMetrics.Count> counts) {
    List<Sample> samples = new ArrayList<>();
    for (RpcMetrics.Count count : counts) {
      samples.add(new Sample(name, METHOD, valuesOf(count.method()), count.calls()));
    }
    families.add(new MetricFamilySamples(name, Type.COUNTER, help, samples));
  }

  private void handlingTimes(RpcMetrics calls) {
    String name = "grpc_server_handling_seconds";
    List<String> labels = with(METHOD, "le");
    List<Sample> samples = new ArrayList<>();
    calls
        .handlingTimes()
        .forEach(
            (method, times) -> {
              long[] counts = times.cumulativeCounts();
              for (int i = 0; i < counts.length; i++) {
                List<String> values = with(valuesOf(method), le(HandlingHistogram.boundSeconds(i)));
                samples.add(new Sample(name + "_bucket", labels, values, counts[i]));
              }
              List<String> values = valuesOf(method);
              samples.add(new Sample(name + "_count", METHOD, values, counts[counts.length - 1]));
              samples.add(new Sample(name + "_sum", METHOD, values, times.sumSeconds()));
            });
    families.add(new MetricFamilySamples(name, Type.HISTOGRAM, "How long calls took.", samples));
  }

  private static List<String> valuesOf(RpcMetrics.Method method) {
    return List.of(method.method(), method.service(), method.type());
  }

  private static MetricFamilySamples one(String name, Type type, String help, double value) {
    Sample sample = new Sample(name, List.of(), List.of(), value);
    return new MetricFamilySamples(name, type, help, List.of(sample));
  }
}
