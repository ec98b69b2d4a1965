package io.holdfast.driver;

import java.util.Objects;
import java.util.Optional;

/**
 * One change of one key.
 *
 * @param type what happened
 * @param keyValue the key after the change; of a deletion only key and modRevision are set
 * @param previous what the key held before, if that was asked for and is still known
 */
public record WatchEvent(Type type, KeyValue keyValue, Optional<KeyValue> previous) {
  /** The two things that happen to keys. */
  public enum Type {
    /** Created or changed. */
    PUT,
    /** Deleted, or expired with its lease. */
    DELETE
  }

  /** Refuses null. */
  public WatchEvent {
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(keyValue, "keyValue");
    Objects.requireNonNull(previous, "previous");
  }
}
