package io.holdfast.server.watch;

import io.holdfast.server.mvcc.CommittedRevision;
import io.holdfast.server.mvcc.Event;
import io.holdfast.server.mvcc.KeyRange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Selects from a stretch of history what single watchers are to see; watchers with the same wishes
 * get the same batch.
 */
final class BatchSelector {
  private record Wish(KeyRange range, int filters, long fromRevision) {}

  private final List<CommittedRevision> revisions;
  private final Map<Wish, List<WatchBatch>> batches = new HashMap<>();

  BatchSelector(List<CommittedRevision> revisions) {
    this.revisions = revisions;
  }

  /** The watcher's batch, as the only element; none when there is nothing for it. */
  List<WatchBatch> select(Watcher watcher) {
    if (revisions.isEmpty()) {
      return List.of();
    }
    long from = Math.max(watcher.nextRevision, revisions.get(0).revision());
    return batches.computeIfAbsent(new Wish(watcher.range, watcher.filters(), from), this::collect);
  }

  private List<WatchBatch> collect(Wish wish) {
    List<Event> events = new ArrayList<>();
    for (CommittedRevision revision : revisions) {
      if (revision.revision() >= wish.fromRevision()) {
        for (Event event : revision.events()) {
          if (wish.range().contains(event.keyValue().key())
              && Watcher.passes(wish.filters(), event)) {
            events.add(event);
          }
        }
      }
    }
    return events.isEmpty() ? List.of() : List.of(new WatchBatch(events));
  }
}
