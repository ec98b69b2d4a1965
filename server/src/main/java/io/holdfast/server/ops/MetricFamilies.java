package io.holdfast.server.ops;

import io.holdfast.server.alarm.Alarm;
import io.prometheus.client.Collector.MetricFamilySamples;
import io.prometheus.client.Collector.MetricFamilySamples.Sample;
import io.prometheus.client.Collector.Type;
import java.util.ArrayList;
import java.util.List;

/** Builds the list of metrics of one scrape. */
final class MetricFamilies {
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

  /** A gauge of the value 1 that carries a text as its label. */
  void info(String name, String help, String label, String text) {
    Sample sample = new Sample(name, List.of(label), List.of(text), 1);
    families.add(new MetricFamilySamples(name, Type.GAUGE, help, List.of(sample)));
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

  void histogram(String name, String help, LatencyHistogram histogram) {
    long[] counts = histogram.cumulativeCounts();
    List<Sample> samples = new ArrayList<>(counts.length + 2);
    for (int i = 0; i < counts.length; i++) {
      double bound = LatencyHistogram.boundSeconds(i);
      String le = Double.isInfinite(bound) ? "+Inf" : Double.toString(bound);
      samples.add(new Sample(name + "_bucket", List.of("le"), List.of(le), counts[i]));
    }
    samples.add(new Sample(name + "_count", List.of(), List.of(), counts[counts.length - 1]));
    samples.add(new Sample(name + "_sum", List.of(), List.of(), histogram.sumSeconds()));
    families.add(new MetricFamilySamples(name, Type.HISTOGRAM, help, samples));
  }

  void calls(RpcMetrics calls) {
    List<String> labels = List.of("grpc_method", "grpc_service", "grpc_type");
    List<String> labelsWithCode = List.of("grpc_code", "grpc_method", "grpc_service", "grpc_type");
    List<Sample> started = new ArrayList<>();
    for (RpcMetrics.Count count : calls.startedCounts()) {
      RpcMetrics.Method method = count.method();
      List<String> values = List.of(method.method(), method.service(), method.type());
      started.add(new Sample("grpc_server_started_total", labels, values, count.calls()));
    }
    List<Sample> handled = new ArrayList<>();
    for (RpcMetrics.Count count : calls.handledCounts()) {
      RpcMetrics.Method method = count.method();
      List<String> values = List.of(count.code(), method.method(), method.service(), method.type());
      handled.add(new Sample("grpc_server_handled_total", labelsWithCode, values, count.calls()));
    }
    families.add(
        new MetricFamilySamples(
            "grpc_server_started_total", Type.COUNTER, "Calls that began.", started));
    families.add(
        new MetricFamilySamples(
            "grpc_server_handled_total", Type.COUNTER, "Calls that ended, by outcome.", handled));
  }

  private static MetricFamilySamples one(String name, Type type, String help, double value) {
    Sample sample = new Sample(name, List.of(), List.of(), value);
    return new MetricFamilySamples(name, type, help, List.of(sample));
  }
}
