package io.holdfast.driver.internal;

import io.holdfast.driver.WatchBatch;
import io.holdfast.driver.WatchEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Puts events together to whole revisions.
 *
 * <p>A server cuts a large response into fragments anywhere, also inside a revision. Events of the
 * last revision in a fragment are therefore held back until it is certain that there are no more of
 * them. Not thread-safe.
 */
final class EventAssembler {
  private final List<WatchEvent> held = new ArrayList<>();

  /**
   * Takes the events of one message.
   *
   * @param nextRevision events before this revision were delivered already, and are dropped
   * @param moreFragments whether the next message continues this one
   * @return what is complete now, if anything is
   */
  Optional<WatchBatch> add(List<WatchEvent> events, long nextRevision, boolean moreFragments) {
    for (WatchEvent event : events) {
      if (event.keyValue().modRevision() >= nextRevision) {
        held.add(event);
      }
    }
    int complete = held.size();
    if (moreFragments && complete > 0) {
      long open = held.get(held.size() - 1).keyValue().modRevision();
      while (complete > 0 && held.get(complete - 1).keyValue().modRevision() == open) {
        complete--;
      }
    }
    if (complete == 0) {
      return Optional.empty();
    }
    List<WatchEvent> whole = held.subList(0, complete);
    WatchBatch batch =
        new WatchBatch(whole.get(complete - 1).keyValue().modRevision(), List.copyOf(whole));
    whole.clear();
    return Optional.of(batch);
  }

  /** Drops what is incomplete: the stream ended, and its rest comes again on the next one. */
  void reset() {
    held.clear();
  }
}
