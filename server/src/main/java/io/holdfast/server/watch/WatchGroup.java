package io.holdfast.server.watch;

import io.holdfast.server.mvcc.Event;
import io.holdfast.server.mvcc.KeyRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The synced watchers of exactly one range. They share the events of a flush. */
final class WatchGroup {
  final KeyRange range;

  /** The events of the flush under way; null outside one, to keep idle groups small. */
  private List<Event> pending;

  private Watcher[] watchers = new Watcher[1];
  private int size;

  WatchGroup(KeyRange range) {
    this.range = range;
  }

  int size() {
    return size;
  }

  Watcher watcher(int position) {
    return watchers[position];
  }

  void add(Watcher watcher) {
    if (size == watchers.length) {
      watchers = Arrays.copyOf(watchers, size + (size >> 1) + 1);
    }
    watcher.group = this;
    watcher.positionInGroup = size;
    watcher.range = range;
    watchers[size++] = watcher;
  }

  /** Removes a watcher; the last one takes its position. */
  void remove(Watcher watcher) {
    Watcher last = watchers[--size];
    watchers[watcher.positionInGroup] = last;
    last.positionInGroup = watcher.positionInGroup;
    watchers[size] = null;
    watcher.group = null;
    if (size < watchers.length / 4) {
      watchers = Arrays.copyOf(watchers, Math.max(1, watchers.length / 2));
    }
  }

  /**
   * @return whether it is the first event of the flush
   */
  boolean addPending(Event event) {
    boolean first = pending == null;
    if (first) {
      pending = new ArrayList<>();
    }
    pending.add(event);
    return first;
  }

  /** Ends the group's part in the flush. */
  List<Event> takePending() {
    List<Event> taken = pending;
    pending = null;
    return taken;
  }
}
