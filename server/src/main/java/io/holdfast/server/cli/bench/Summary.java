package io.holdfast.server.cli.bench;

import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/**
 * The windows of one target in one row: medians over the undisturbed windows.
 *
 * @param windows how many windows counted
 * @param discarded how many were left out because others used the machine
 */
record Summary(
    String target,
    int windows,
    int discarded,
    long operations,
    long failures,
    double perSecond,
    double p50Millis,
    double p99Millis,
    double p999Millis,
    double cpuMicrosPerOperation,
    long residentBytes) {

  /**
   * When every window was disturbed all of them count: a noisy figure beats none, and it says so.
   */
  static Summary of(String target, List<Window> all) {
    List<Window> quiet = all.stream().filter(window -> !window.disturbed()).toList();
    List<Window> counted = quiet.isEmpty() ? all : quiet;
    return new Summary(
        target,
        counted.size(),
        all.size() - quiet.size(),
        counted.stream().mapToLong(Window::operations).sum(),
        counted.stream().mapToLong(Window::failures).sum(),
        median(counted, Window::perSecond),
        median(counted, window -> millis(window.latencyMicros(), 50)),
        median(counted, window -> millis(window.latencyMicros(), 99)),
        median(counted, window -> millis(window.latencyMicros(), 99.9)),
        median(counted, Window::cpuMicrosPerOperation),
        counted.stream()
            .max(Comparator.comparing(Window::residentBytes))
            .orElseThrow()
            .residentBytes());
  }

  private static double millis(Histogram micros, double percentile) {
    return micros.getValueAtPercentile(percentile) / 1e3;
  }

  private static double median(List<Window> windows, ToDoubleFunction<Window> figure) {
    double[] sorted = windows.stream().mapToDouble(figure).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  String json() {
    return String.format(
        java.util.Locale.ROOT,
        "{\"target\":\"%s\",\"windows\":%d,\"discarded\":%d,\"operations\":%d,\"failures\":%d,"
            + "\"perSecond\":%.1f,\"p50Millis\":%.3f,\"p99Millis\":%.3f,\"p999Millis\":%.3f,"
            + "\"cpuMicrosPerOperation\":%.2f,\"residentBytes\":%d}",
        target,
        windows,
        discarded,
        operations,
        failures,
        perSecond,
        p50Millis,
        p99Millis,
        p999Millis,
        cpuMicrosPerOperation,
        residentBytes);
  }
}
