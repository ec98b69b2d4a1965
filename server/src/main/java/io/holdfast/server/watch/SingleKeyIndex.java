package io.holdfast.server.watch;

import io.holdfast.server.mvcc.KeyRange;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Groups that watch one key each, by that key: a hash table whose chains run through the groups
 * themselves, because a map's entries and keys would weigh as much as a watcher. Guarded by the
 * hub's lock.
 *
 * <p>Clients choose the keys; the multiplier of the hash is drawn anew by every table, so that they
 * cannot choose keys that all meet in one chain. Nothing depends on the order of the chains.
 */
final class SingleKeyIndex {
  private static final int CAPACITY_MIN = 8;

  private final int multiplier;

  /** The heads of the chains; a power of two long, and no shorter than there are groups. */
  private WatchGroup[] heads = new WatchGroup[CAPACITY_MIN];

  private int size;

  SingleKeyIndex() {
    this(ThreadLocalRandom.current().nextInt());
  }

  /**
   * @param seed decides which keys share a chain
   */
  SingleKeyIndex(int seed) {
    // Modulo 8 it is 5, as in other generators: odd, and no power of it is 1 soon.
    this.multiplier = seed << 3 | 5;
  }

  int size() {
    return size;
  }

  /** The group of a key; null when nobody watches it alone. */
  WatchGroup find(byte[] key) {
    WatchGroup group = heads[chainOf(key)];
    while (group != null && !Arrays.equals(group.range.start(), key)) {
      group = group.next;
    }
    return group;
  }

  /** The group of a single key's range, new and empty when there is none. */
  WatchGroup findOrAdd(KeyRange range) {
    WatchGroup group = find(range.start());
    if (group == null) {
      if (size == heads.length) {
        resize(heads.length * 2);
      }
      group = new WatchGroup(range);
      link(group);
      size++;
    }
    return group;
  }

  /** Removes a group that is in the table. */
  void remove(WatchGroup group) {
    int chain = chainOf(group.range.start());
    if (heads[chain] == group) {
      heads[chain] = group.next;
    } else {
      WatchGroup before = heads[chain];
      while (before.next != group) {
        before = before.next;
      }
      before.next = group.next;
    }
    group.next = null;
    size--;
    if (heads.length > CAPACITY_MIN && size < heads.length / 4) {
      resize(heads.length / 2);
    }
  }

  private void resize(int capacity) {
    WatchGroup[] before = heads;
    heads = new WatchGroup[capacity];
    for (WatchGroup head : before) {
      WatchGroup group = head;
      while (group != null) {
        WatchGroup next = group.next;
        link(group);
        group = next;
      }
    }
  }

  private void link(WatchGroup group) {
    int chain = chainOf(group.range.start());
    group.next = heads[chain];
    heads[chain] = group;
  }

  private int chainOf(byte[] key) {
    int hash = key.length;
    for (byte next : key) {
      hash = (hash ^ next & 0xFF) * multiplier;
      hash ^= hash >>> 15;
    }
    return (hash ^ hash >>> 16) & heads.length - 1;
  }
}
