package io.holdfast.driver;

import java.util.List;

/**
 * The events of one or more whole revisions: a revision is never split between two batches.
 *
 * @param revision the last revision in the batch
 * @param events the changes, in the order in which they happened; not empty
 */
public record WatchBatch(long revision, List<WatchEvent> events) {
  /** Takes an unmodifiable copy of the list. */
  public WatchBatch {
    events = List.copyOf(events);
  }
}
