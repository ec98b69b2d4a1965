package io.holdfast.server.apply;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.lease.Lessor;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.raft.Entry;
import java.util.List;
import java.util.function.LongSupplier;

/** Executes committed entries: being moved in; its signatures are settled, its body follows. */
public final class Applier {
  /**
   * @param nanoTime monotonic time, for the leases that this member keeps time of when it leads
   */
  public Applier(
      Backend backend,
      MvccStore store,
      Lessor lessor,
      CommandFormat format,
      PendingRequests pending,
      LongSupplier nanoTime) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Adds a listener that is told after every batch. */
  public void addListener(AppliedListener listener) {
    throw new UnsupportedOperationException("not built yet");
  }

  public long appliedIndex() {
    throw new UnsupportedOperationException("not built yet");
  }

  public long appliedTerm() {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Executes committed entries in order; those that were applied before are skipped. */
  public void apply(List<Entry> committed) {
    throw new UnsupportedOperationException("not built yet");
  }
}
