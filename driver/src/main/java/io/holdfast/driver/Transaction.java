package io.holdfast.driver;

import java.util.List;
import java.util.Optional;

/**
 * The view of the store inside {@link Connection#inTransaction}.
 *
 * <p>All reads see one revision, and the transaction's own writes over it. Writes are gathered and
 * sent together at the end, under the condition that nothing that was read has changed since. Not
 * thread-safe; unusable after its function has returned.
 */
public interface Transaction {
  /** What {@code key} holds, if it exists. */
  Optional<KeyValue> get(Bytes key);

  /** What {@code key}, as UTF-8, holds, if it exists. */
  default Optional<KeyValue> get(String key) {
    return get(Bytes.utf8(key));
  }

  /** Every key of the range, in order. Also guards the range against keys that appear in it. */
  List<KeyValue> range(KeyRange range);

  /** Writes a key when the transaction commits; a later write of the same key replaces it. */
  void put(PutRequest request);

  /** Writes {@code value} to {@code key} when the transaction commits. */
  default void put(Bytes key, Bytes value) {
    put(PutRequest.of(key, value));
  }

  /** Writes {@code value} to {@code key}, both as UTF-8, when the transaction commits. */
  default void put(String key, String value) {
    put(PutRequest.of(key, value));
  }

  /** Deletes one key when the transaction commits. */
  void delete(Bytes key);

  /** Deletes one key, as UTF-8, when the transaction commits. */
  default void delete(String key) {
    delete(Bytes.utf8(key));
  }
}
