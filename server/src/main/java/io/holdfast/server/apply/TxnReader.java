package io.holdfast.server.apply;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.mvcc.RangeResult;
import io.holdfast.server.mvcc.ResultMeter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Executes read-only transactions outside the log: on any thread, at one revision. */
public final class TxnReader {
  private static final int ATTEMPTS_MAX = 16;

  private TxnReader() {}

  /**
   * Executes a transaction of ranges against one revision of the store.
   *
   * @param txn must be read-only
   * @param meter told what the answer takes; what it throws ends the reading
   * @throws StoreException COMPACTED, FUTURE_REVISION
   */
  public static CommandResult.Txn read(MvccStore store, Command.Txn txn, ResultMeter meter) {
    if (!txn.isReadOnly()) {
      throw new IllegalArgumentException("a transaction that writes has to go through the log");
    }
    for (int attempt = 1; ; attempt++) {
      PinnedView view = new PinnedView(store, meter);
      try {
        return read(view, txn);
      } catch (StoreException e) {
        // A compaction overtook the pinned revision: a newer one is there to be read.
        boolean overtaken = view.compactRevision() > view.currentRevision();
        if (e.error() != EtcdError.COMPACTED || !overtaken || attempt == ATTEMPTS_MAX) {
          throw e;
        }
      }
    }
  }

  private static CommandResult.Txn read(PinnedView view, Command.Txn txn) {
    TxnPlan plan = TxnPlan.of(txn, view);
    List<Operation> operations = plan.operations();
    for (Operation operation : operations) {
      TxnPlan.checkRevision(((Operation.Range) operation).query().revision(), view);
    }
    List<CommandResult.OperationResult> results = new ArrayList<>(operations.size());
    for (Operation operation : operations) {
      RangeResult result = view.range(((Operation.Range) operation).query());
      results.add(new CommandResult.Range(view.currentRevision(), result));
    }
    return new CommandResult.Txn(view.currentRevision(), plan.succeeded(), results);
  }

  /** The store as of the revision that was current at its creation. */
  private static final class PinnedView implements TxnPlan.View {
    private final MvccStore store;
    private final ResultMeter meter;
    private final long revision;

    PinnedView(MvccStore store, ResultMeter meter) {
      this.store = store;
      this.meter = meter;
      this.revision = store.currentRevision();
    }

    @Override
    public long currentRevision() {
      return revision;
    }

    @Override
    public long compactRevision() {
      return store.compactRevision();
    }

    @Override
    public List<KeyValue> pairs(RangeQuery query) {
      return range(query).keyValues();
    }

    @Override
    public Optional<KeyValue> get(Key key) {
      return pairs(RangeQuery.of(KeyRange.single(key))).stream().findFirst();
    }

    RangeResult range(RangeQuery query) {
      return store.range(query.revision() > 0 ? query : atPinnedRevision(query), meter);
    }

    private RangeQuery atPinnedRevision(RangeQuery query) {
      return new RangeQuery(
          query.range(),
          revision,
          query.limit(),
          query.order(),
          query.target(),
          query.keysOnly(),
          query.countOnly(),
          query.minModRevision(),
          query.maxModRevision(),
          query.minCreateRevision(),
          query.maxCreateRevision());
    }
  }
}
