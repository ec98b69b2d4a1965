package io.holdfast.server.cli.bench;

import java.util.concurrent.atomic.AtomicLong;

/** Says when a window is over: after so many requests, or after so much time. Thread-safe. */
final class Limit {
  private final long operationsMax;
  private final long nanosMax;
  private final long startNanos = System.nanoTime();
  private final AtomicLong taken = new AtomicLong();

  private Limit(long operationsMax, long nanosMax) {
    this.operationsMax = operationsMax;
    this.nanosMax = nanosMax;
  }

  static Limit operations(long operationsMax) {
    return new Limit(operationsMax, Long.MAX_VALUE);
  }

  static Limit seconds(double seconds) {
    return new Limit(Long.MAX_VALUE, (long) (seconds * 1e9));
  }

  /** True when one more request may be sent. */
  boolean take() {
    return elapsedNanos() < nanosMax && taken.incrementAndGet() <= operationsMax;
  }

  boolean over() {
    return elapsedNanos() >= nanosMax || taken.get() >= operationsMax;
  }

  long elapsedNanos() {
    return System.nanoTime() - startNanos;
  }

  long startNanos() {
    return startNanos;
  }

  double fraction() {
    return nanosMax == Long.MAX_VALUE
        ? (double) taken.get() / operationsMax
        : (double) elapsedNanos() / nanosMax;
  }
}
