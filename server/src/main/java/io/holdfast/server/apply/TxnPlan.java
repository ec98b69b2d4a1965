package io.holdfast.server.apply;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.lease.Lessor;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.mvcc.RangeQuery;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A transaction whose branches have been chosen, those of nested transactions included.
 *
 * <p>As in etcd, all comparisons look at the state before the transaction; whatever could refuse it
 * is then checked along the chosen branches, so that executing them cannot fail half way.
 *
 * @param nested the plans of the nested transactions of the chosen branch, in order
 */
record TxnPlan(Command.Txn txn, boolean succeeded, List<TxnPlan> nested) {

  /** The state before the transaction. */
  interface View {
    long currentRevision();

    long compactRevision();

    /** All pairs of a range at the present revision, without values where they do not matter. */
    List<KeyValue> pairs(RangeQuery query);

    Optional<KeyValue> get(Key key);
  }

  static TxnPlan of(Command.Txn txn, View view) {
    boolean succeeded = true;
    for (Compare compare : txn.compares()) {
      if (!holds(compare, view)) {
        succeeded = false;
        break;
      }
    }
    List<TxnPlan> nested = new ArrayList<>();
    for (Operation operation : txn.branch(succeeded)) {
      if (operation instanceof Command.Txn inner) {
        nested.add(of(inner, view));
      }
    }
    return new TxnPlan(txn, succeeded, nested);
  }

  List<Operation> operations() {
    return txn.branch(succeeded);
  }

  /**
   * Checks everything that could refuse the chosen operations.
   *
   * @throws StoreException COMPACTED, FUTURE_REVISION, LEASE_NOT_FOUND, KEY_NOT_FOUND
   */
  void check(View view, Lessor lessor) {
    int inner = 0;
    for (Operation operation : operations()) {
      if (operation instanceof Operation.Range range) {
        checkRevision(range.query().revision(), view);
      } else if (operation instanceof Command.Put put) {
        checkPut(put, view, lessor);
      } else if (operation instanceof Command.Txn) {
        nested.get(inner++).check(view, lessor);
      }
    }
  }

  static void checkRevision(long revision, View view) {
    if (revision == 0) {
      return;
    }
    if (revision > view.currentRevision()) {
      throw EtcdError.FUTURE_REVISION.asException();
    }
    if (revision < view.compactRevision()) {
      throw EtcdError.COMPACTED.asException();
    }
  }

  private static void checkPut(Command.Put put, View view, Lessor lessor) {
    if (put.leaseId() != 0 && !lessor.exists(put.leaseId())) {
      throw EtcdError.LEASE_NOT_FOUND.asException();
    }
    if ((put.ignoreValue() || put.ignoreLease()) && view.get(put.key()).isEmpty()) {
      throw EtcdError.KEY_NOT_FOUND.asException();
    }
  }

  private static boolean holds(Compare compare, View view) {
    boolean numbersSuffice =
        compare.target() != Compare.Target.VALUE && compare.target() != Compare.Target.LEASE;
    List<KeyValue> pairs =
        view.pairs(RangeQuery.builder(compare.range()).keysOnly(numbersSuffice).build());
    if (pairs.isEmpty()) {
      return compare.holdsForAbsence();
    }
    for (KeyValue pair : pairs) {
      if (!compare.holdsFor(pair)) {
        return false;
      }
    }
    return true;
  }
}
