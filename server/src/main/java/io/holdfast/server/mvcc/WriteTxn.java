package io.holdfast.server.mvcc;

import java.util.List;
import java.util.Optional;

/** One mutating transaction: all its changes share one main revision. Writing thread only. */
public final class WriteTxn {
  WriteTxn() {}

  /** The revision its reads see: the store's, or the next one after its first change. */
  public long revision() {
    throw new UnsupportedOperationException("not built yet");
  }

  /** The key as this transaction sees it. */
  public Optional<KeyValue> get(Key key) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Writes a version of the key without reading the one before. */
  public void put(Key key, byte[] value, long leaseId) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Writes a version of the key and gives the one before, if there was one. */
  public Optional<KeyValue> putReturningPrevious(Key key, byte[] value, long leaseId) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Deletes the keys of the range; gives how many. */
  public long deleteRange(KeyRange range) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Deletes the keys of the range; gives what they were, in key order. */
  public List<KeyValue> deleteRangeReturningPrevious(KeyRange range) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Reads with every option; sees this transaction's own writes. */
  public RangeResult range(RangeQuery query) {
    throw new UnsupportedOperationException("not built yet");
  }

  /**
   * Publishes the changes to readers and tells the listeners.
   *
   * @return the transaction's revision, or the unchanged one when it changed nothing
   */
  public long end() {
    throw new UnsupportedOperationException("not built yet");
  }
}
