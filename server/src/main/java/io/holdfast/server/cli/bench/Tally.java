package io.holdfast.server.cli.bench;

import io.grpc.Status;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/** Counts what comes back in one window. Thread-safe, and cheap enough for every answer. */
final class Tally {
  private static final int SIGNIFICANT_DIGITS = 3;

  private final LongAdder operations = new LongAdder();
  private final Map<String, LongAdder> failures = new ConcurrentHashMap<>();
  private final Recorder latencyMicros = new Recorder(SIGNIFICANT_DIGITS);

  void answered(long startNanos, int count) {
    long micros = Math.max(0, (System.nanoTime() - startNanos) / 1000);
    latencyMicros.recordValueWithCount(micros, count);
    operations.add(count);
  }

  void failed(Status status) {
    String reason = status.getCode() + ": " + status.getDescription();
    failures.computeIfAbsent(reason, ignored -> new LongAdder()).increment();
  }

  long operations() {
    return operations.sum();
  }

  long failures() {
    return failures.values().stream().mapToLong(LongAdder::sum).sum();
  }

  /** The reasons of failures with their counts, for a person. */
  String failureReasons() {
    return new TreeMap<>(failures)
        .entrySet().stream()
            .limit(5)
            .map(entry -> entry.getValue().sum() + " x " + entry.getKey())
            .collect(Collectors.joining("; "));
  }

  Histogram histogram() {
    return latencyMicros.getIntervalHistogram();
  }
}
