package io.holdfast.server.ops;

import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongConsumer;

/**
 * Counts durations in etcd's buckets: 1 ms and its doublings, fourteen of them, then the rest.
 * Recording takes no lock and makes no garbage. Thread-safe; a reading taken during recordings may
 * miss the newest of them.
 */
public final class LatencyHistogram implements LongConsumer {
  private static final int BUCKETS = 14;
  private static final long SMALLEST_NANOS = 1_000_000L;

  private final LongAdder[] counts = new LongAdder[BUCKETS + 1];
  private final LongAdder sumNanos = new LongAdder();

  public LatencyHistogram() {
    for (int i = 0; i < counts.length; i++) {
      counts[i] = new LongAdder();
    }
  }

  /** Records one duration in nanoseconds. */
  @Override
  public void accept(long nanos) {
    counts[bucketOf(nanos)].increment();
    sumNanos.add(nanos);
  }

  /** The first bucket whose upper bound, included, is not below the duration. */
  private static int bucketOf(long nanos) {
    if (nanos <= SMALLEST_NANOS) {
      return 0;
    }
    long times = (nanos - 1) / SMALLEST_NANOS;
    return Math.min(BUCKETS, Long.SIZE - Long.numberOfLeadingZeros(times));
  }

  /** A bucket's upper bound in seconds; the last one has none. */
  static double boundSeconds(int bucket) {
    return bucket >= BUCKETS
        ? Double.POSITIVE_INFINITY
        : (SMALLEST_NANOS << bucket) / 1_000_000_000.0;
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
    return sumNanos.sum() / 1_000_000_000.0;
  }
}
