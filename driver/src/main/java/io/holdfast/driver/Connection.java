package io.holdfast.driver;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A connection to a store: all its endpoints, with failover between them.
 *
 * <p>Thread-safe and meant to be shared: requests of many threads travel together. Every call
 * blocks until its answer is there, at the latest for {@code requestTimeout}, and throws {@link
 * HoldfastException}; {@link #async()} has the same calls without blocking. Reads are repeated on
 * other endpoints until the time is over. Writes are repeated only while it is certain that they
 * were not executed; otherwise they fail with {@link HoldfastException#outcomeUnknown()}.
 *
 * <p>Callbacks of watches, leases and asynchronous calls run on threads of their own. Blocking
 * calls on those threads are refused with state {@code KB001}: use {@link #async()} there.
 */
public interface Connection extends AutoCloseable {
  /** The same connection, without blocking. */
  AsyncConnection async();

  /** What {@code key} holds, if it exists. */
  Optional<KeyValue> get(Bytes key);

  /** What {@code key}, as UTF-8, holds, if it exists. */
  default Optional<KeyValue> get(String key) {
    return get(Bytes.utf8(key));
  }

  /** Reads a range in one answer. */
  RangeResult range(RangeRequest request);

  /** Reads a range in one answer. */
  default RangeResult range(KeyRange range) {
    return range(RangeRequest.of(range));
  }

  /**
   * Reads a range of any size page by page, all pages at one revision, in the order of the keys.
   *
   * <p>Pages are fetched while the stream is consumed; consuming may therefore throw {@link
   * HoldfastException}, with state {@code KC001} if the revision is compacted meanwhile. The
   * request's limit bounds the whole stream.
   */
  Stream<KeyValue> stream(RangeRequest request);

  /** Writes a key. */
  PutResult put(PutRequest request);

  /** Writes {@code value} to {@code key}. */
  default PutResult put(Bytes key, Bytes value) {
    return put(PutRequest.of(key, value));
  }

  /** Writes {@code value} to {@code key}, both as UTF-8. */
  default PutResult put(String key, String value) {
    return put(PutRequest.of(key, value));
  }

  /** Deletes a range. */
  DeleteResult delete(DeleteRequest request);

  /** Deletes one key. */
  default DeleteResult delete(Bytes key) {
    return delete(DeleteRequest.of(KeyRange.single(key)));
  }

  /** Deletes one key, as UTF-8. */
  default DeleteResult delete(String key) {
    return delete(Bytes.utf8(key));
  }

  /** Runs a transaction. */
  TxnResult txn(TxnRequest request);

  /**
   * Runs {@code work} against a consistent view, and commits its writes only if nothing that it
   * read was changed meanwhile. On a conflict it is run again, at most {@code transactionAttempts}
   * times, so it must have no other effects.
   *
   * @return what the run that was committed returned
   * @throws HoldfastException with state {@code 40001} when every attempt conflicted
   */
  <T> T inTransaction(Function<Transaction, T> work);

  /**
   * Watches a range until the watch is closed, whatever happens to the servers.
   *
   * <p>Returns at once, before the watch is established.
   */
  Watch watch(WatchRequest request, WatchListener listener);

  /**
   * Grants a lease and keeps it alive until it is closed.
   *
   * @param ttl how long the lease outlives its keeper; whole seconds, at least one. The server may
   *     grant longer: see {@link Lease#ttl()}
   * @param listener told when the lease is lost
   */
  Lease lease(Duration ttl, LeaseListener listener);

  /**
   * Removes history below {@code revision}: it cannot be read or watched from afterwards.
   *
   * @return the store's current revision
   */
  long compact(long revision);

  /** The endpoints, as {@code host:port}, in the URL's order. */
  List<String> endpoints();

  /**
   * Ends watches and requests in flight, stops keeping leases alive, and frees all threads. Leases
   * are not revoked; close them first to give their keys up at once. Closing twice does nothing.
   */
  @Override
  void close();
}
