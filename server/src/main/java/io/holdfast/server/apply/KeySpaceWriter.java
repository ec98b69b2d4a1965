package io.holdfast.server.apply;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.lease.Lessor;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.mvcc.WriteTxn;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Executes the commands that change keys: one store transaction each, with the keys' attachments to
 * leases kept in step. Loop thread only.
 */
final class KeySpaceWriter {
  private final MvccStore store;
  private final Lessor lessor;
  private final long readBytesMax;
  private long readBytes;

  KeySpaceWriter(MvccStore store, Lessor lessor) {
    this(store, lessor, ReadBudget.BYTES_MAX);
  }

  /**
   * @param readBytesMax what one command may read; the same on all members
   */
  KeySpaceWriter(MvccStore store, Lessor lessor, long readBytesMax) {
    this.store = store;
    this.lessor = lessor;
    this.readBytesMax = readBytesMax;
  }

  /** What the answer of the last transaction or delete holds, about; asked for once. */
  long takeReadBytes() {
    long bytes = readBytes;
    readBytes = 0;
    return bytes;
  }

  CommandResult.Put put(Command.Put put) {
    if (put.leaseId() != 0 && !lessor.exists(put.leaseId())) {
      throw EtcdError.LEASE_NOT_FOUND.asException();
    }
    WriteTxn txn = store.beginWrite();
    Optional<KeyValue> previous = put.needsPrevious() ? txn.get(put.key()) : Optional.empty();
    if ((put.ignoreValue() || put.ignoreLease()) && previous.isEmpty()) {
      txn.end();
      throw EtcdError.KEY_NOT_FOUND.asException();
    }
    write(txn, put, previous);
    long revision = txn.end();
    return new CommandResult.Put(revision, put.previousWanted() ? previous : Optional.empty());
  }

  /**
   * @throws StoreException before anything was changed: WRITE_READS_TOO_MUCH
   */
  CommandResult.DeleteRange deleteRange(Command.DeleteRange delete) {
    WriteTxn txn = store.beginWrite();
    List<KeyValue> previous = List.of();
    if (delete.previousWanted()) {
      ReadBudget budget = new ReadBudget(readBytesMax);
      try {
        previous = txn.range(RangeQuery.of(delete.range()), budget).keyValues();
      } catch (StoreException refused) {
        txn.end();
        throw refused;
      }
      readBytes = budget.bytes();
    }
    CommandResult.DeleteRange done = delete(txn, delete, previous);
    txn.end();
    return done;
  }

  /**
   * @throws StoreException before anything was changed: COMPACTED, FUTURE_REVISION,
   *     LEASE_NOT_FOUND, KEY_NOT_FOUND, WRITE_READS_TOO_MUCH
   */
  CommandResult.Txn txn(Command.Txn command) {
    WriteTxn txn = store.beginWrite();
    TxnPlan plan;
    PlannedReads reads;
    try {
      TxnPlan.View view = new BeforeView(txn);
      plan = TxnPlan.of(command, view);
      plan.check(view, lessor);
      ReadBudget budget = new ReadBudget(readBytesMax);
      reads = PlannedReads.of(plan, txn, budget);
      readBytes = budget.bytes();
    } catch (StoreException refused) {
      txn.end();
      throw refused;
    }
    List<CommandResult.OperationResult> results = execute(txn, plan, reads);
    return new CommandResult.Txn(txn.end(), plan.succeeded(), results);
  }

  /**
   * Deletes the keys of a lease and the lease.
   *
   * @throws StoreException LEASE_NOT_FOUND
   */
  CommandResult.LeaseRevoke revoke(long leaseId) {
    List<Key> keys = lessor.keysToRevoke(leaseId);
    WriteTxn txn = store.beginWrite();
    for (Key key : keys) {
      txn.deleteRange(KeyRange.single(key));
    }
    lessor.remove(leaseId);
    return new CommandResult.LeaseRevoke(txn.end());
  }

  private List<CommandResult.OperationResult> execute(
      WriteTxn txn, TxnPlan plan, PlannedReads reads) {
    List<Operation> operations = plan.operations();
    List<CommandResult.OperationResult> results = new ArrayList<>(operations.size());
    int nested = 0;
    for (Operation operation : operations) {
      if (operation instanceof Operation.Range range) {
        results.add(new CommandResult.Range(txn.revision(), reads.range(range.query())));
      } else if (operation instanceof Command.Put put) {
        Optional<KeyValue> previous = put.needsPrevious() ? txn.get(put.key()) : Optional.empty();
        write(txn, put, previous);
        results.add(
            new CommandResult.Put(
                txn.revision(), put.previousWanted() ? previous : Optional.empty()));
      } else if (operation instanceof Command.DeleteRange delete) {
        List<KeyValue> previous =
            delete.previousWanted() ? reads.previous(delete.range()) : List.of();
        results.add(delete(txn, delete, previous));
      } else if (operation instanceof Command.Txn) {
        TxnPlan inner = plan.nested().get(nested++);
        results.add(new CommandResult.Txn(0, inner.succeeded(), execute(txn, inner, reads)));
      }
    }
    return results;
  }

  /** Writes what was checked before: where a flag says "keep", the previous pair is there. */
  private void write(WriteTxn txn, Command.Put put, Optional<KeyValue> previous) {
    byte[] value = put.ignoreValue() ? previous.orElseThrow().value() : put.value();
    long leaseId = put.ignoreLease() ? previous.orElseThrow().leaseId() : put.leaseId();
    txn.put(put.key(), value, leaseId);
    lessor.attach(put.key(), leaseId);
  }

  private CommandResult.DeleteRange delete(
      WriteTxn txn, Command.DeleteRange delete, List<KeyValue> previous) {
    if (lessor.hasAttachments()) {
      RangeQuery keys = RangeQuery.builder(delete.range()).keysOnly(true).build();
      for (KeyValue pair : txn.range(keys).keyValues()) {
        lessor.detach(Key.of(pair.key()));
      }
    }
    long deleted = txn.deleteRange(delete.range());
    return new CommandResult.DeleteRange(txn.revision(), deleted, previous);
  }

  /** A transaction in which nothing has been written yet. */
  private final class BeforeView implements TxnPlan.View {
    private final WriteTxn txn;

    BeforeView(WriteTxn txn) {
      this.txn = txn;
    }

    @Override
    public long currentRevision() {
      return txn.revision();
    }

    @Override
    public long compactRevision() {
      return store.compactRevision();
    }

    @Override
    public List<KeyValue> pairs(RangeQuery query) {
      // One comparison after the other, so each may take as much.
      return txn.range(query, new ReadBudget(readBytesMax)).keyValues();
    }

    @Override
    public Optional<KeyValue> get(Key key) {
      return txn.get(key);
    }
  }
}
