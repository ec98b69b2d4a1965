package io.holdfast.driver;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * The calls of a {@link Connection}, without blocking.
 *
 * <p>Stages complete on the driver's callback threads, exceptionally with {@link
 * HoldfastException}. The conditions of each call are those of its blocking twin.
 */
public interface AsyncConnection {
  /** What {@code key} holds, if it exists. */
  CompletionStage<Optional<KeyValue>> get(Bytes key);

  /** What {@code key}, as UTF-8, holds, if it exists. */
  default CompletionStage<Optional<KeyValue>> get(String key) {
    return get(Bytes.utf8(key));
  }

  /** Reads a range in one answer. */
  CompletionStage<RangeResult> range(RangeRequest request);

  /**
   * Reads a range page by page, all pages at one revision, in the order of the keys.
   *
   * @param page called for each page, one after the other
   * @return completes with the revision that was read, after the last page
   */
  CompletionStage<Long> forEachPage(RangeRequest request, Consumer<List<KeyValue>> page);

  /** Writes a key. */
  CompletionStage<PutResult> put(PutRequest request);

  /** Writes {@code value} to {@code key}, both as UTF-8. */
  default CompletionStage<PutResult> put(String key, String value) {
    return put(PutRequest.of(key, value));
  }

  /** Deletes a range. */
  CompletionStage<DeleteResult> delete(DeleteRequest request);

  /** Runs a transaction. */
  CompletionStage<TxnResult> txn(TxnRequest request);

  /** Grants a lease and keeps it alive until it is closed. */
  CompletionStage<Lease> lease(Duration ttl, LeaseListener listener);

  /** Removes history below {@code revision}; completes with the store's current revision. */
  CompletionStage<Long> compact(long revision);
}
