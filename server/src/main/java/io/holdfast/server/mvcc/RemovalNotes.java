package io.holdfast.server.mvcc;

import java.util.Arrays;

/**
 * Revisions that are to be removed from the revision map, noted key by key and taken out in
 * revision order: so each page is changed once, and of one key the older go first. Primitive
 * arrays, 20 bytes a note, and nothing when empty. Writing thread only.
 */
final class RemovalNotes {
  private static final int POSITION_BITS = 22;
  private static final long POSITION_MASK = (1L << POSITION_BITS) - 1;
  private static final long DISTANCE_MAX = Long.MAX_VALUE >>> POSITION_BITS;
  private static final int FIRST_CAPACITY = 64;
  private static final long[] NO_LONGS = {};
  private static final int[] NO_INTS = {};

  /** How many notes an owner gathers before it takes them out; one key's may exceed it a little. */
  static final int COUNT_MAX = 1 << 20;

  private long[] mains = NO_LONGS;
  private int[] subs = NO_INTS;
  private int count;
  private long[] order = NO_LONGS;
  private int taken;

  int count() {
    return count;
  }

  boolean isFull() {
    return count >= COUNT_MAX;
  }

  void add(long main, int sub) {
    if (count == mains.length) {
      int capacity = Math.max(FIRST_CAPACITY, Math.multiplyExact(count, 2));
      mains = Arrays.copyOf(mains, capacity);
      subs = Arrays.copyOf(subs, capacity);
    }
    mains[count] = main;
    subs[count] = sub;
    count++;
  }

  /** Puts what was noted in order; then only {@link #next} until all is taken. */
  void sort() {
    long base = Long.MAX_VALUE;
    for (int i = 0; i < count; i++) {
      base = Math.min(base, mains[i]);
    }
    order = new long[count];
    for (int i = 0; i < count; i++) {
      // Beyond what fits, notes stay in the order they were made: right, if less local.
      long distance = Math.min(mains[i] - base, DISTANCE_MAX);
      order[i] = distance << POSITION_BITS | i & POSITION_MASK;
    }
    if (count <= POSITION_MASK) {
      Arrays.sort(order);
    }
    taken = 0;
  }

  /** Moves to the next note in order; false when all are taken, and the notes are empty again. */
  boolean next() {
    if (taken < count) {
      taken++;
      return true;
    }
    mains = NO_LONGS;
    subs = NO_INTS;
    order = NO_LONGS;
    count = 0;
    taken = 0;
    return false;
  }

  long main() {
    return mains[position()];
  }

  int sub() {
    return subs[position()];
  }

  private int position() {
    return count <= POSITION_MASK ? (int) (order[taken - 1] & POSITION_MASK) : taken - 1;
  }
}
