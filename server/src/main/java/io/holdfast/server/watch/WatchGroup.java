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

  /** The next group in a chain of {@link SingleKeyIndex}. */
  WatchGroup next;

  /**
   * The lone {@link Watcher} itself, which most groups have; an array of them from the second on.
   */
  private Object watchers;

  private int size;

  WatchGroup(KeyRange range) {
    this.range = range;
  }

  int size() {
    return size;
  }

  Watcher watcher(int position) {
    return watchers instanceof Watcher lone ? lone : ((Watcher[]) watchers)[position];
  }

  void add(Watcher watcher) {
    watcher.group = this;
    watcher.positionInGroup = size;
    watcher.range = range;
    if (size == 0) {
      watchers = watcher;
    } else {
      Watcher[] many = roomForOneMore();
      many[size] = watcher;
      watchers = many;
    }
    size++;
  }

  private Watcher[] roomForOneMore() {
    if (watchers instanceof Watcher lone) {
      return new Watcher[] {lone, null};
    }
    Watcher[] many = (Watcher[]) watchers;
    return size < many.length ? many : Arrays.copyOf(many, size + (size >> 1) + 1);
  }

  /** Removes a watcher; the last one takes its position. */
  void remove(Watcher watcher) {
    watcher.group = null;
    size--;
    if (watchers instanceof Watcher) {
      watchers = null;
      return;
    }
    Watcher[] many = (Watcher[]) watchers;
    Watcher last = many[size];
    many[watcher.positionInGroup] = last;
    last.positionInGroup = watcher.positionInGroup;
    many[size] = null;
    if (size == 1) {
      watchers = many[0];
    } else if (size < many.length / 4) {
      watchers = Arrays.copyOf(many, many.length / 2);
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
