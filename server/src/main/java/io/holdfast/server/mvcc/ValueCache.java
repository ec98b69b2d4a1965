package io.holdfast.server.mvcc;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps the latest values that fit into a number of bytes on the index's own entries, so that
 * reading them needs no look into the store file. When it is full, a hand goes round the keys in
 * order and drops what it meets. Any thread.
 */
final class ValueCache {
  private static final int ARRAY_HEADER_BYTES = 24;
  private static final int KEYS_PER_SWEEP_MAX = 4096;
  private static final byte[] BEGINNING = {};

  private final KeyTree tree;
  private final long bytesMax;
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicBoolean sweeping = new AtomicBoolean();

  /** Where the hand stands; touched only by the one who sweeps. */
  private byte[] hand = BEGINNING;

  ValueCache(KeyTree tree, long bytesMax) {
    this.tree = tree;
    this.bytesMax = bytesMax;
  }

  long bytes() {
    return bytes.get();
  }

  /** Whether a value of that length may be put on a new version, which counts it from now on. */
  boolean admit(byte[] value) {
    long size = size(value);
    if (size > bytesMax) {
      return false;
    }
    if (bytes.addAndGet(size) <= bytesMax) {
      return true;
    }
    sweep();
    if (bytes.get() <= bytesMax) {
      return true;
    }
    bytes.addAndGet(-size);
    return false;
  }

  /** Caches a value that had to be read from the file. */
  void offer(KeyVersion version, byte[] value) {
    if (admit(value) && !version.cacheValue(value)) {
      bytes.addAndGet(-size(value));
    }
  }

  /** A version has been replaced: its value no longer counts. Gives the value if it was cached. */
  byte[] release(KeyVersion version) {
    byte[] value = version.takeValue();
    if (value != null) {
      bytes.addAndGet(-size(value));
    }
    return value;
  }

  private void sweep() {
    if (!sweeping.compareAndSet(false, true)) {
      return;
    }
    try {
      long target = bytesMax - bytesMax / 64;
      Sweep sweep = new Sweep(target);
      tree.walk(hand, null, sweep);
      if (!sweep.stopped) {
        tree.walk(BEGINNING, null, sweep);
      }
      hand = sweep.last;
    } finally {
      sweeping.set(false);
    }
  }

  private final class Sweep implements KeyTree.Visitor {
    private final long target;
    private int left = KEYS_PER_SWEEP_MAX;
    private byte[] last = BEGINNING;
    private boolean stopped;

    Sweep(long target) {
      this.target = target;
    }

    /** Where nobody has looked, no values are cached. */
    @Override
    public KeyTree.Passing pass(LazyLeaf leaf) {
      last = leaf.firstKey();
      left--;
      stopped = left == 0;
      return stopped ? KeyTree.Passing.STOP : KeyTree.Passing.SKIP;
    }

    @Override
    public boolean visit(KeyVersion version) {
      byte[] evicted = version.evictValue();
      if (evicted != null) {
        bytes.addAndGet(-size(evicted));
      }
      last = version.key;
      left--;
      stopped = left == 0 || bytes.get() <= target;
      return !stopped;
    }
  }

  private static long size(byte[] value) {
    return value.length + (long) ARRAY_HEADER_BYTES;
  }
}
