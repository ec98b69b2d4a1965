package io.holdfast.server.apply;

import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.mvcc.RangeResult;
import io.holdfast.server.mvcc.WriteTxn;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the chosen operations of a transaction will read, found out before any of them writes, so
 * that a transaction which reads too much is refused while nothing has been changed.
 *
 * <p>Where no operation before it writes into its range, a read is done ahead, and its result kept.
 * Otherwise it has to wait for its turn; what it may hold at most is then counted: what it finds
 * now, and all that the transaction puts before it. Where another pair could come in for one that
 * is deleted or changed, because of a limit or a filter, all of its range is counted instead.
 */
final class PlannedReads {
  /** What a pair counts besides its key and value. */
  private static final int PAIR_BYTES = 96;

  private final WriteTxn txn;
  private final ReadBudget budget;
  private final ArrayDeque<Optional<RangeResult>> results = new ArrayDeque<>();
  private final List<KeyRange> put = new ArrayList<>();
  private final List<KeyRange> deleted = new ArrayList<>();
  private long putBytes;

  private PlannedReads(WriteTxn txn, ReadBudget budget) {
    this.txn = txn;
    this.budget = budget;
  }

  /**
   * @param txn nothing has been written in it
   * @throws StoreException WRITE_READS_TOO_MUCH
   */
  static PlannedReads of(TxnPlan plan, WriteTxn txn, ReadBudget budget) {
    PlannedReads reads = new PlannedReads(txn, budget);
    reads.plan(plan);
    return reads;
  }

  /** The read of a range, or of what a delete gives back, whose turn it is in the order of plan. */
  RangeResult range(RangeQuery query) {
    Optional<RangeResult> known = results.remove();
    if (known.isEmpty()) {
      return txn.range(query);
    }
    RangeResult found = known.get();
    return new RangeResult(found.keyValues(), found.more(), found.count(), txn.revision());
  }

  /** All pairs of a range, with what the transaction has written so far. */
  List<KeyValue> previous(KeyRange range) {
    return range(RangeQuery.of(range)).keyValues();
  }

  private void plan(TxnPlan plan) {
    int nested = 0;
    for (Operation operation : plan.operations()) {
      if (operation instanceof Operation.Range range) {
        plan(range.query());
      } else if (operation instanceof Command.Put command) {
        plan(command);
      } else if (operation instanceof Command.DeleteRange delete) {
        if (delete.previousWanted()) {
          plan(RangeQuery.of(delete.range()));
        }
        deleted.add(delete.range());
      } else if (operation instanceof Command.Txn) {
        plan(plan.nested().get(nested++));
      }
    }
  }

  /** What it gives back is read in its turn: one pair, but there may be many puts. */
  private void plan(Command.Put command) {
    KeyRange key = KeyRange.single(command.key());
    if (command.previousWanted()) {
      count(RangeQuery.of(key));
    }
    put.add(key);
    putBytes += PAIR_BYTES + command.key().bytes().length + command.value().length;
  }

  private void plan(RangeQuery query) {
    boolean changes = overlaps(put, query.range()) || overlaps(deleted, query.range());
    // An older revision does not change any more.
    if (query.revision() > 0 || !changes) {
      results.add(Optional.of(txn.range(query, budget)));
    } else {
      if (!query.countOnly()) {
        count(query);
      }
      results.add(Optional.empty());
    }
  }

  private void count(RangeQuery query) {
    boolean stable =
        query.isInKeyOrder() && !query.hasRevisionFilters() && !overlaps(deleted, query.range());
    txn.range(
        stable ? query : RangeQuery.builder(query.range()).keysOnly(query.keysOnly()).build(),
        budget);
    if (overlaps(put, query.range())) {
      budget.add(putBytes);
    }
  }

  private static boolean overlaps(List<KeyRange> ranges, KeyRange range) {
    for (int i = 0; i < ranges.size(); i++) {
      if (ranges.get(i).overlaps(range)) {
        return true;
      }
    }
    return false;
  }
}
