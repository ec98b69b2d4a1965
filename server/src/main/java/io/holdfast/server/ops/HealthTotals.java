package io.holdfast.server.ops;

import java.util.concurrent.atomic.LongAdder;

/** How often {@code /health} was asked, and what it said. Thread-safe. */
public final class HealthTotals {
  private final LongAdder healthy = new LongAdder();
  private final LongAdder unhealthy = new LongAdder();

  /** Counts one answer. */
  public void count(boolean wasHealthy) {
    (wasHealthy ? healthy : unhealthy).increment();
  }

  long healthy() {
    return healthy.sum();
  }

  long unhealthy() {
    return unhealthy.sum();
  }
}
