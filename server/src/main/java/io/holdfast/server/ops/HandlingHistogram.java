package io.holdfast.server.ops;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts how long calls took, in the buckets that gRPC dashboards know: 5 ms to 10 s. Recording
 * takes no lock and makes no garbage. Thread-safe; a reading taken during recordings may miss the
 * newest of them.
 */
public final class HandlingHistogram {
  private static final double[] BOUNDS_SECONDS = {
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, Double.POSITIVE_INFINITY
  };
  private static final double NANOS_PER_SECOND = 1e9;

  private final LongAdder[] counts = new LongAdder[BOUNDS_SECONDS.length];
  private final LongAdder sumNanos = new LongAdder();

  HandlingHistogram() {
    for (int i = 0; i < counts.length; i++) {
      counts[i] = new LongAdder();
    }
  }

  /** Records one call. */
  public void record(long nanos) {
    double seconds = nanos / NANOS_PER_SECOND;
    int bucket = 0;
    while (seconds > BOUNDS_SECONDS[bucket]) {
      bucket++;
    }
    counts[bucket].increment();
    sumNanos.add(nanos);
  }

  /** A bucket's upper bound, included; the last one has none. */
  static double boundSeconds(int bucket) {
    return BOUNDS_SECONDS[bucket];
  }

  /** How many calls fell into each bucket or one below it. */
  long[] cumulativeCounts() {
    long[] cumulative = new long[counts.length];
    long total = 0;
    for (int i = 0; i < counts.length; i++) {
      total += counts[i].sum();
      cumulative[i] = total;
    }
    return cumulative;
  }

  double sumSeconds() {
    return sumNanos.sum() / NANOS_PER_SECOND;
  }
}
