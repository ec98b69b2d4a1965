package io.holdfast.server.watch;

import java.util.function.Consumer;

/**
 * The synced watchers, found by the key of an event: single keys in a hash table, ranges in a tree.
 * Guarded by the hub's lock.
 */
final class WatcherIndex {
  private final SingleKeyIndex singles = new SingleKeyIndex();
  private final RangeIndex ranges = new RangeIndex();

  boolean isEmpty() {
    return singles.size() == 0 && ranges.size() == 0;
  }

  void add(Watcher watcher) {
    WatchGroup group;
    if (watcher.range.isSingle()) {
      group = singles.findOrAdd(watcher.range);
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
      singles.remove(group);
    } else {
      ranges.remove(group.range);
    }
  }

  /** Visits every group that watches the key. */
  void forEachGroup(byte[] key, Consumer<WatchGroup> visitor) {
    if (singles.size() > 0) {
      WatchGroup group = singles.find(key);
      if (group != null) {
        visitor.accept(group);
      }
    }
    if (ranges.size() > 0) {
      ranges.forEachContaining(key, visitor);
    }
  }
}
