package io.holdfast.server.watch;

import io.holdfast.server.mvcc.Event;
import java.util.ArrayList;
import java.util.List;

/** The events of one group in one flush, in the variants that its watchers' filters ask for. */
final class GroupBatches {
  private static final WatchBatch NOTHING = new WatchBatch(List.of());

  private final List<Event> events;
  private final WatchBatch all;

  /** By filter bits; filled when first asked for. */
  private WatchBatch[] filtered;

  GroupBatches(List<Event> events) {
    this.events = events;
    this.all = new WatchBatch(events);
  }

  long firstRevision() {
    return events.get(0).keyValue().modRevision();
  }

  /**
   * What the watcher is to see; null when nothing, which is so common that nothing is allocated.
   */
  WatchBatch batchFor(Watcher watcher) {
    int filters = watcher.filters();
    if (watcher.nextRevision > firstRevision()) {
      return orNull(select(filters, watcher.nextRevision));
    }
    if (filters == 0) {
      return all;
    }
    int slot = filters >> 2;
    if (filtered == null) {
      filtered = new WatchBatch[4];
    }
    if (filtered[slot] == null) {
      filtered[slot] = select(filters, 0);
    }
    return orNull(filtered[slot]);
  }

  private WatchBatch select(int filters, long fromRevision) {
    List<Event> selected = new ArrayList<>();
    for (Event event : events) {
      if (event.keyValue().modRevision() >= fromRevision && Watcher.passes(filters, event)) {
        selected.add(event);
      }
    }
    return selected.isEmpty() ? NOTHING : new WatchBatch(selected);
  }

  private static WatchBatch orNull(WatchBatch batch) {
    return batch == NOTHING ? null : batch;
  }
}
