package io.holdfast.server.watch;

import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * The watchers of one stream by their ids: an open-addressed table, because a map's entries would
 * weigh as much as the watchers. Guarded by the hub's lock.
 */
final class WatcherTable {
  private static final int CAPACITY_MIN = 2;

  /** A power of two long, at most three quarters full. */
  private Watcher[] slots = new Watcher[CAPACITY_MIN];

  private int size;

  int size() {
    return size;
  }

  boolean contains(long id) {
    return slots[slotOf(id)] != null;
  }

  /** Adds a watcher whose id is not in the table. */
  void add(Watcher watcher) {
    if ((size + 1) * 4 > slots.length * 3) {
      resize(slots.length * 2);
    }
    slots[slotOf(watcher.id)] = watcher;
    size++;
  }

  /** Removes and returns a watcher; null when there is none of that id. */
  Watcher remove(long id) {
    int slot = slotOf(id);
    Watcher removed = slots[slot];
    if (removed != null) {
      slots[slot] = null;
      size--;
      closeGap(slot);
      if (slots.length > CAPACITY_MIN && size < slots.length / 8) {
        resize(slots.length / 2);
      }
    }
    return removed;
  }

  void clear() {
    slots = new Watcher[CAPACITY_MIN];
    size = 0;
  }

  void forEach(Consumer<Watcher> action) {
    for (Watcher watcher : slots) {
      if (watcher != null) {
        action.accept(watcher);
      }
    }
  }

  int count(Predicate<Watcher> condition) {
    int count = 0;
    for (Watcher watcher : slots) {
      if (watcher != null && condition.test(watcher)) {
        count++;
      }
    }
    return count;
  }

  /** The slot that holds the id, or the free one where it would go. */
  private int slotOf(long id) {
    int slot = home(id);
    while (slots[slot] != null && slots[slot].id != id) {
      slot = next(slot);
    }
    return slot;
  }

  /** Moves up those that a removed one has kept from their place. */
  private void closeGap(int gap) {
    int free = gap;
    for (int slot = next(gap); slots[slot] != null; slot = next(slot)) {
      int home = home(slots[slot].id);
      boolean reachable = free <= slot ? free < home && home <= slot : free < home || home <= slot;
      if (!reachable) {
        slots[free] = slots[slot];
        slots[slot] = null;
        free = slot;
      }
    }
  }

  private void resize(int capacity) {
    Watcher[] before = slots;
    slots = new Watcher[capacity];
    for (Watcher watcher : before) {
      if (watcher != null) {
        slots[slotOf(watcher.id)] = watcher;
      }
    }
  }

  private int home(long id) {
    long mixed = id * 0x9E3779B97F4A7C15L;
    return (int) (mixed >>> 32) & slots.length - 1;
  }

  private int next(int slot) {
    return slot + 1 & slots.length - 1;
  }
}
