package io.holdfast.server.mvcc;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * One change of one key. A delete carries only the key and the revision that deleted it.
 *
 * <p>Safe to share between threads.
 */
public final class Event {
  private static final Supplier<Optional<KeyValue>> NOTHING = Optional::empty;

  private final EventType type;
  private final KeyValue keyValue;
  private final Supplier<Optional<KeyValue>> previous;
  private volatile Object encodedForm;

  Event(EventType type, KeyValue keyValue, Supplier<Optional<KeyValue>> previous) {
    this.type = type;
    this.keyValue = keyValue;
    this.previous = previous;
  }

  /** An event whose key did not exist before, or whose past is not asked for. */
  public static Event of(EventType type, KeyValue keyValue) {
    return new Event(type, keyValue, NOTHING);
  }

  /** An event that knows what it replaced. */
  public static Event of(EventType type, KeyValue keyValue, KeyValue previous) {
    Optional<KeyValue> known = Optional.of(previous);
    return new Event(type, keyValue, () -> known);
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
   * What the key was before this revision, read from the store at this call; empty when it did not
   * exist or has been compacted since. Any thread.
   */
  public Optional<KeyValue> previous() {
    return previous.get();
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
