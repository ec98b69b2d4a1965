package io.holdfast.server.lease;

import java.util.concurrent.atomic.LongAdder;

/**
 * What happened to leases since the member started. Grants and ends are counted on every member,
 * renewals by the leader. Thread-safe.
 */
public final class LeaseTotals {
  private final LongAdder granted = new LongAdder();
  private final LongAdder renewed = new LongAdder();
  private final LongAdder revoked = new LongAdder();

  LeaseTotals() {}

  void countGranted() {
    granted.increment();
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

  /** Times that a lease was kept alive. */
  public long renewed() {
    return renewed.sum();
  }

  /** Leases that ended, by expiry or by request. */
  public long revoked() {
    return revoked.sum();
  }
}
