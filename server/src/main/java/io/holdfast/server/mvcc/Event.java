package io.holdfast.server.mvcc;

import java.util.Objects;
import java.util.Optional;

/**
 * One change of one key. A delete carries only the key and the revision that deleted it.
 *
 * <p>Safe to share between threads.
 */
public final class Event {
  private final EventType type;
  private final KeyValue keyValue;

  /** Where what was before can be found: an MvccStore, a KeyVersion, a KeyValue, or null. */
  private final Object previous;

  private final byte[] previousValue;
  private volatile Object encodedForm;

  /** An event on a key that did not exist before. */
  Event(EventType type, KeyValue keyValue) {
    this(type, keyValue, null, null);
  }

  /** An event that looks up in the store what was before. */
  Event(EventType type, KeyValue keyValue, MvccStore store) {
    this(type, keyValue, store, null);
  }

  /** An event that replaced a version whose value is at hand. */
  Event(EventType type, KeyValue keyValue, KeyVersion previous, byte[] previousValue) {
    this(type, keyValue, (Object) previous, previousValue);
  }

  private Event(EventType type, KeyValue keyValue, Object previous, byte[] previousValue) {
    this.type = Objects.requireNonNull(type, "type");
    this.keyValue = Objects.requireNonNull(keyValue, "keyValue");
    this.previous = previous;
    this.previousValue = previousValue;
  }

  /** An event on a key that did not exist before. */
  public static Event of(EventType type, KeyValue keyValue) {
    return new Event(type, keyValue);
  }

  /** An event that knows what it replaced. */
  public static Event of(EventType type, KeyValue keyValue, KeyValue previous) {
    return new Event(type, keyValue, previous, null);
  }

  public EventType type() {
    return type;
  }

  public KeyValue keyValue() {
    return keyValue;
  }

  /** Whether this put gave the key a new life. */
  public boolean isCreate() {
    return type == EventType.PUT && keyValue.createRevision() == keyValue.modRevision();
  }

  /**
   * What the key was before this revision, read from the store at this call if need be; empty when
   * it did not exist or has been compacted since. Any thread.
   *
   * @throws io.holdfast.server.backend.CorruptRecordException when its record is damaged
   */
  public Optional<KeyValue> previous() {
    if (previous instanceof KeyVersion version) {
      return Optional.of(version.toKeyValue(previousValue));
    }
    if (previous instanceof MvccStore store) {
      return Optional.ofNullable(store.versionAtOrNull(keyValue.key(), keyValue.modRevision() - 1));
    }
    return Optional.ofNullable((KeyValue) previous);
  }

  /**
   * What {@link #encodedForm(Object)} last kept, empty before: a slot so that the wire encodes an
   * event once.
   */
  public Optional<Object> encodedForm() {
    return Optional.ofNullable(encodedForm);
  }

  /** Keeps the wire's form of this event. Racing writers must keep equal forms. */
  public void encodedForm(Object form) {
    encodedForm = form;
  }

  @Override
  public String toString() {
    return type + " " + keyValue;
  }
}
