package io.holdfast.driver.internal;

import io.holdfast.driver.Bytes;
import io.holdfast.driver.Compare;
import io.holdfast.driver.Connection;
import io.holdfast.driver.Consistency;
import io.holdfast.driver.DeleteRequest;
import io.holdfast.driver.ErrorState;
import io.holdfast.driver.HoldfastException;
import io.holdfast.driver.KeyRange;
import io.holdfast.driver.KeyValue;
import io.holdfast.driver.Operation;
import io.holdfast.driver.PutRequest;
import io.holdfast.driver.RangeRequest;
import io.holdfast.driver.RangeResult;
import io.holdfast.driver.Transaction;
import io.holdfast.driver.TxnRequest;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * One attempt of an optimistic transaction: reads one revision, gathers writes, and turns what it
 * read into the conditions of its commit.
 *
 * <p>A key that was read must still have the modification revision it had (0 if it was missing). Of
 * a range that was read no key may have been changed later than the revision read, which covers new
 * keys, and each key that was seen must still be there, which covers deletions.
 */
final class SnapshotTransaction implements Transaction {
  private final Connection connection;
  private final Map<Bytes, Optional<KeyValue>> readKeys = new TreeMap<>();
  private final Set<KeyRange> readRanges = new LinkedHashSet<>();
  private final Map<Bytes, Optional<PutRequest>> writes = new TreeMap<>();
  private long revision;
  private boolean finished;

  SnapshotTransaction(Connection connection) {
    this.connection = connection;
  }

  @Override
  public Optional<KeyValue> get(Bytes key) {
    checkOpen();
    Optional<KeyValue> stored = readKeys.get(key);
    if (stored == null) {
      stored = read(KeyRange.single(key)).stream().findFirst();
      readKeys.put(key, stored);
    }
    return written(key, stored);
  }

  @Override
  public List<KeyValue> range(KeyRange range) {
    checkOpen();
    Map<Bytes, KeyValue> view = new TreeMap<>();
    for (KeyValue stored : read(range)) {
      readKeys.put(stored.key(), Optional.of(stored));
      view.put(stored.key(), stored);
    }
    readRanges.add(range);
    for (Bytes key : writes.keySet()) {
      if (range.contains(key)) {
        written(key, Optional.ofNullable(view.get(key)))
            .ifPresentOrElse(changed -> view.put(key, changed), () -> view.remove(key));
      }
    }
    return List.copyOf(view.values());
  }

  /** A key as it will be after this transaction's own writes. */
  private Optional<KeyValue> written(Bytes key, Optional<KeyValue> stored) {
    Optional<PutRequest> write = writes.get(key);
    if (write == null) {
      return stored;
    }
    return write.map(
        put ->
            new KeyValue(
                key,
                put.keepValue() ? stored.map(KeyValue::value).orElse(Bytes.EMPTY) : put.value(),
                stored.map(KeyValue::createRevision).orElse(0L),
                stored.map(KeyValue::modRevision).orElse(0L),
                stored.map(KeyValue::version).orElse(0L) + 1,
                put.keepLease() ? stored.map(KeyValue::leaseId).orElse(0L) : put.leaseId()));
  }

  @Override
  public void put(PutRequest request) {
    checkOpen();
    writes.put(request.key(), Optional.of(request));
  }

  @Override
  public void delete(Bytes key) {
    checkOpen();
    KeyRange.single(key);
    writes.put(key, Optional.empty());
  }

  private List<KeyValue> read(KeyRange range) {
    RangeResult result =
        connection.range(
            RangeRequest.of(range).atRevision(revision).consistency(Consistency.LINEARIZABLE));
    if (revision == 0) {
      revision = result.revision();
    }
    return result.keyValues();
  }

  /** Ends the work, and answers the transaction that commits it; without writes it is empty. */
  TxnRequest finish() {
    checkOpen();
    finished = true;
    List<Compare> compares = new ArrayList<>();
    readKeys.forEach(
        (key, stored) ->
            compares.add(
                Compare.unchangedSince(key, stored.map(KeyValue::modRevision).orElse(0L))));
    for (KeyRange range : readRanges) {
      compares.add(
          Compare.number(range, Compare.Target.MOD_REVISION, Compare.Relation.LESS, revision + 1));
    }
    List<Operation> operations = new ArrayList<>();
    writes.forEach(
        (key, write) ->
            operations.add(
                write.isPresent() ? write.get() : DeleteRequest.of(KeyRange.single(key))));
    return new TxnRequest(compares, operations, List.of());
  }

  private void checkOpen() {
    if (finished) {
      throw new HoldfastException(
          ErrorState.WRONG_STATE, "a transaction is of no use after its function has returned");
    }
  }
}
