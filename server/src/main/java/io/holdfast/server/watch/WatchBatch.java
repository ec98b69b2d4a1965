package io.holdfast.server.watch;

import io.holdfast.server.mvcc.Event;
import java.util.List;
import java.util.Optional;

/**
 * The events of one delivery, shared by all watchers that get exactly the same ones, with room for
 * the encoded form of the whole list.
 *
 * <p>The slots are filled without a lock: two threads may encode the same batch, and either result
 * will do. Single events have a slot of their own, {@link Event#encodedForm()}, because watchers of
 * different ranges share events but not batches.
 */
public final class WatchBatch {
  private final List<Event> events;
  private volatile Object encoded;
  private volatile Object encodedWithPrevious;
  private volatile int encodedBytes;
  private volatile int encodedWithPreviousBytes;

  /** Takes the list over; nobody changes it from then on. */
  public WatchBatch(List<Event> events) {
    this.events = events;
  }

  /** In revision order, whole revisions; at least one; read only. */
  public List<Event> events() {
    return events;
  }

  /** The encoded form that {@link #keepEncoded} left here. */
  public Optional<Object> encoded(boolean withPrevious) {
    return Optional.ofNullable(withPrevious ? encodedWithPrevious : encoded);
  }

  /** Keeps the encoded list for the next watcher that gets the same batch. */
  public void keepEncoded(boolean withPrevious, Object form, int bytes) {
    if (withPrevious) {
      encodedWithPrevious = form;
      encodedWithPreviousBytes = bytes;
    } else {
      encoded = form;
      encodedBytes = bytes;
    }
  }

  /** Lets go of the encoded list, which a large batch that waits must not keep; not of its size. */
  public void forgetEncoded(boolean withPrevious) {
    if (withPrevious) {
      encodedWithPrevious = null;
    } else {
      encoded = null;
    }
  }

  /** How large the encoded list is; 0 while nobody has encoded it. */
  public int encodedBytes(boolean withPrevious) {
    return withPrevious ? encodedWithPreviousBytes : encodedBytes;
  }
}
