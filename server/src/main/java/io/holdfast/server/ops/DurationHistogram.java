package io.holdfast.server.ops;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts durations in buckets as etcd has them: each bound is twice the one before, and one bucket
 * takes the rest. Recording takes no lock and makes no garbage. Thread-safe; a reading taken during
 * recordings may miss the newest of them.
 */
final class DurationHistogram {
  private final long smallestNanos;
  private final LongAdder[] counts;
  private final LongAdder sumNanos = new LongAdder();

  private DurationHistogram(long smallestNanos, int bounds) {
    this.smallestNanos = smallestNanos;
    counts = new LongAdder[bounds + 1];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = new LongAdder();
    }
  }

  /**
   * @param smallestMillis the first bound
   * @param bounds how many there are
   */
  static DurationHistogram ofMillis(long smallestMillis, int bounds) {
    return new DurationHistogram(TimeUnit.MILLISECONDS.toNanos(smallestMillis), bounds);
  }

  /**
   * @param smallestMicros the first bound
   * @param bounds how many there are
   */
  static DurationHistogram ofMicros(long smallestMicros, int bounds) {
    return new DurationHistogram(TimeUnit.MICROSECONDS.toNanos(smallestMicros), bounds);
  }

  /** Records one duration in nanoseconds. */
  void accept(long nanos) {
    counts[bucketOf(nanos)].increment();
    sumNanos.add(nanos);
  }

  /** The first bucket whose upper bound, included, is not below the duration. */
  private int bucketOf(long nanos) {
    if (nanos <= smallestNanos) {
      return 0;
    }
    long times = (nanos - 1) / smallestNanos;
    return Math.min(counts.length - 1, Long.SIZE - Long.numberOfLeadingZeros(times));
  }

  /** The buckets' upper bounds in seconds; the last one has none. */
  double[] boundsSeconds() {
    double[] bounds = new double[counts.length];
    for (int i = 0; i < bounds.length - 1; i++) {
      bounds[i] = (smallestNanos << i) / 1e9;
    }
    bounds[bounds.length - 1] = Double.POSITIVE_INFINITY;
    return bounds;
  }

  /** How many durations fell into each bucket or one below it. */
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
    return sumNanos.sum() / 1e9;
  }
}
