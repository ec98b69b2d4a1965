package io.holdfast.server.lease;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/**
 * What happened to leases since the member started. Grants and ends are counted on every member,
 * renewals by the leader. Thread-safe.
 */
public final class LeaseTotals {
  private static final int TTL_BOUNDS = 24;

  private final LongAdder granted = new LongAdder();
  private final LongAdder renewed = new LongAdder();
  private final LongAdder revoked = new LongAdder();
  private final LongAdder expired = new LongAdder();

  /** By the power of two that the time to live does not exceed; the last takes the rest. */
  private final AtomicLongArray grantedByTtl = new AtomicLongArray(TTL_BOUNDS + 1);

  private final DoubleAdder grantedTtlSeconds = new DoubleAdder();

  LeaseTotals() {}

  void countGranted(long ttlSeconds) {
    granted.increment();
    int bucket = ttlSeconds <= 1 ? 0 : Long.SIZE - Long.numberOfLeadingZeros(ttlSeconds - 1);
    grantedByTtl.incrementAndGet(Math.min(bucket, TTL_BOUNDS));
    grantedTtlSeconds.add(ttlSeconds);
  }

  void countExpired() {
    expired.increment();
  }

  void countIfRenewed(KeepAlive answer) {
    if (answer instanceof KeepAlive.Renewed) {
      renewed.increment();
    }
  }

  void countRevoked() {
    revoked.increment();
  }

  /** Leases granted. */
  public long granted() {
    return granted.sum();
  }

  /**
   * How many leases were granted for 1 second at most, for 2, for 4 and so on, 24 bounds; the last
   * number counts all.
   */
  public long[] grantedByTtl() {
    long[] cumulative = new long[TTL_BOUNDS + 1];
    long total = 0;
    for (int i = 0; i <= TTL_BOUNDS; i++) {
      total += grantedByTtl.get(i);
      cumulative[i] = total;
    }
    return cumulative;
  }

  /** The times to live of all leases granted, together. */
  public double grantedTtlSeconds() {
    return grantedTtlSeconds.sum();
  }

  /** Leases that ended after this member had found them expired. */
  public long expired() {
    return expired.sum();
  }

  /** Times that a lease was kept alive. */
  public long renewed() {
    return renewed.sum();
  }

  /** Leases that ended, by expiry or by request. */
  public long revoked() {
    return revoked.sum();
  }
}
