package io.holdfast.server.apply;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.lease.LessorOptions;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.RangeQuery;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a request must obey before it is proposed. Stateless; every method either returns or throws
 * a {@link StoreException} with the protocol's error.
 */
public final class RequestRules {
  /** etcd's default for the length of each list of a transaction. */
  public static final int TXN_OPERATIONS_MAX = 128;

  private RequestRules() {}

  /** KEY_NOT_PROVIDED. */
  public static void checkRange(RangeQuery query) {
    checkKey(query.range().start());
  }

  /** KEY_NOT_PROVIDED, VALUE_IS_PROVIDED, LEASE_IS_PROVIDED. */
  public static void checkPut(Command.Put put) {
    checkKey(put.key().bytes());
    if (put.ignoreValue() && put.value().length != 0) {
      throw EtcdError.VALUE_IS_PROVIDED.asException();
    }
    if (put.ignoreLease() && put.leaseId() != 0) {
      throw EtcdError.LEASE_IS_PROVIDED.asException();
    }
  }

  /** KEY_NOT_PROVIDED. */
  public static void checkDeleteRange(Command.DeleteRange delete) {
    checkKey(delete.range().start());
  }

  /**
   * TOO_MANY_OPERATIONS, KEY_NOT_PROVIDED and the others of single operations, DUPLICATE_KEY.
   *
   * @param operationsMax the length allowed for each of the three lists; a nested transaction is
   *     allowed what its parent leaves
   */
  public static void checkTxn(Command.Txn txn, int operationsMax) {
    checkShape(txn, operationsMax);
    Writes.of(txn.success());
    Writes.of(txn.failure());
  }

  /**
   * LEASE_TTL_TOO_LARGE.
   *
   * @return the time to live to propose: at least the minimum, so that it does not depend on the
   *     configuration of the members that apply it
   */
  public static long grantedTtlSeconds(long requestedSeconds, long minimumTtlSeconds) {
    if (requestedSeconds > LessorOptions.TTL_SECONDS_MAX) {
      throw EtcdError.LEASE_TTL_TOO_LARGE.asException();
    }
    return Math.max(requestedSeconds, minimumTtlSeconds);
  }

  private static void checkKey(byte[] key) {
    if (key.length == 0) {
      throw EtcdError.KEY_NOT_PROVIDED.asException();
    }
  }

  private static void checkShape(Command.Txn txn, int operationsMax) {
    int longest =
        Math.max(txn.compares().size(), Math.max(txn.success().size(), txn.failure().size()));
    if (longest > operationsMax) {
      throw EtcdError.TOO_MANY_OPERATIONS.asException();
    }
    for (Compare compare : txn.compares()) {
      checkKey(compare.range().start());
    }
    int left = operationsMax - longest;
    for (Operation operation : txn.success()) {
      checkOperation(operation, left);
    }
    for (Operation operation : txn.failure()) {
      checkOperation(operation, left);
    }
  }

  private static void checkOperation(Operation operation, int operationsMax) {
    if (operation instanceof Operation.Range range) {
      checkRange(range.query());
    } else if (operation instanceof Command.Put put) {
      checkPut(put);
    } else if (operation instanceof Command.DeleteRange delete) {
      checkDeleteRange(delete);
    } else if (operation instanceof Command.Txn txn) {
      checkShape(txn, operationsMax);
    } else if (operation instanceof Operation.Refused refused) {
      throw refused.error().asException();
    }
  }

  /** What a branch may write, nested transactions included. */
  private static final class Writes {
    private final Set<Key> puts = new HashSet<>();
    private final KeyRangeSet deletes = new KeyRangeSet();

    /**
     * Collects the writes of a branch.
     *
     * <p>As in etcd, a nested transaction's puts are held against the deletes of this level and of
     * the nested ones before it; its deletes count for all that comes later, this level's own puts
     * included.
     *
     * @throws StoreException DUPLICATE_KEY when a key could be put twice, or put and deleted
     */
    static Writes of(List<Operation> branch) {
      Writes writes = new Writes();
      for (Operation operation : branch) {
        if (operation instanceof Command.DeleteRange delete) {
          writes.deletes.add(delete.range());
        }
      }
      for (Operation operation : branch) {
        if (operation instanceof Command.Txn txn) {
          writes.addNested(txn);
        }
      }
      for (Operation operation : branch) {
        if (operation instanceof Command.Put put) {
          writes.addPut(put.key());
        }
      }
      return writes;
    }

    private void addNested(Command.Txn txn) {
      Writes success = of(txn.success());
      Writes failure = of(txn.failure());
      for (Key key : success.puts) {
        addPut(key);
      }
      for (Key key : failure.puts) {
        // Only one of the two branches is executed, so they may put the same key.
        if (success.puts.contains(key)) {
          checkNotDeleted(key);
        } else {
          addPut(key);
        }
      }
      deletes.addAll(success.deletes);
      deletes.addAll(failure.deletes);
    }

    private void addPut(Key key) {
      if (!puts.add(key)) {
        throw EtcdError.DUPLICATE_KEY.asException();
      }
      checkNotDeleted(key);
    }

    private void checkNotDeleted(Key key) {
      if (deletes.contains(key)) {
        throw EtcdError.DUPLICATE_KEY.asException();
      }
    }
  }
}
