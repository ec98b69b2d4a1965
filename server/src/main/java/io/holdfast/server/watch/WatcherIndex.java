package io.holdfast.server.watch;

import io.holdfast.server.mvcc.Key;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The synced watchers, found by the key of an event: single keys in a hash map, ranges in a tree.
 * Guarded by the hub's lock.
 */
final class WatcherIndex {
  private final Map<Key, WatchGroup> singles = new HashMap<>();
  private final RangeIndex ranges = new RangeIndex();

  boolean isEmpty() {
    return singles.isEmpty() && ranges.size() == 0;
  }

  void add(Watcher watcher) {
    WatchGroup group;
    if (watcher.range.isSingle()) {
      group =
          singles.computeIfAbsent(
              Key.of(watcher.range.start()), key -> new WatchGroup(watcher.range));
    } else {
      group = ranges.find(watcher.range).orElse(null);
      if (group == null) {
        group = new WatchGroup(watcher.range);
        ranges.add(group);
      }
    }
    group.add(watcher);
  }

  void remove(Watcher watcher) {
    WatchGroup group = watcher.group;
    group.remove(watcher);
    if (group.size() > 0) {
      return;
    }
    if (group.range.isSingle()) {
      singles.remove(Key.of(group.range.start()));
    } else {
      ranges.remove(group.range);
    }
  }

  /** Visits every group that watches the key. */
  void forEachGroup(byte[] key, Consumer<WatchGroup> visitor) {
    if (!singles.isEmpty()) {
      WatchGroup group = singles.get(Key.of(key));
      if (group != null) {
        visitor.accept(group);
      }
    }
    if (ranges.size() > 0) {
      ranges.forEachContaining(key, visitor);
    }
  }
}
