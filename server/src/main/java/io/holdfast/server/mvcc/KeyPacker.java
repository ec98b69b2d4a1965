package io.holdfast.server.mvcc;

import java.util.function.Consumer;

/**
 * Takes the keys of a stretch of the index and packs them, leaf by leaf. It stops between two
 * leaves when it has enough keys or bytes, and within one when that has more keys than it is to
 * take.
 */
final class KeyPacker {
  private static final int BYTES_MAX = 1 << 18;

  private final long revision;
  private final Consumer<PackWriter> packed;
  private final PackWriter leaf = new PackWriter(1 << 12);
  private int keysMax;
  private long keysLeft;
  private long bytesLeft;
  private byte[] next;
  private long versions;

  /**
   * @param revision up to which versions are counted
   * @param packed takes each leaf; it is overwritten afterwards
   */
  KeyPacker(long revision, Consumer<PackWriter> packed) {
    this.revision = revision;
    this.packed = packed;
  }

  void begin(int keys) {
    keysMax = keys;
    keysLeft = keys;
    bytesLeft = BYTES_MAX;
    next = null;
  }

  /** The key to go on with; null when there are no more. */
  byte[] next() {
    return next;
  }

  /** How many versions were packed that are of the revision or before it. */
  long versions() {
    return versions;
  }

  /**
   * @return whether to go on
   */
  boolean pack(KeyVersion[] row, int from, int to) {
    if (from >= to) {
      return true;
    }
    if (isEnough()) {
      next = row[from].key;
      return false;
    }
    int end = Math.min(to, from + keysMax);
    take(row, from, end);
    if (end < to) {
      next = row[end].key;
    }
    return end == to;
  }

  /**
   * @return whether to go on
   */
  boolean pack(LazyLeaf lazy) {
    if (isEnough()) {
      next = lazy.firstKey();
      return false;
    }
    if (lazy.isWhollyPacked()) {
      // Nobody has written to it since it was loaded, so nothing in it is newer than the revision.
      PackedLeaf same = lazy.packed();
      keysLeft -= same.keys();
      versions += same.versions();
      leaf.clear();
      leaf.putBytes(same.bytes(), 0, same.bytes().length);
      give();
    } else {
      KeyVersion[] row = lazy.open();
      take(row, 0, row.length);
    }
    return true;
  }

  private void take(KeyVersion[] row, int from, int to) {
    for (int i = from; i < to; i++) {
      versions += row[i].versionsUpTo(revision);
    }
    keysLeft -= to - from;
    leaf.clear();
    PackedLeaf.pack(row, from, to, leaf);
    give();
  }

  private void give() {
    bytesLeft -= leaf.length();
    packed.accept(leaf);
  }

  private boolean isEnough() {
    return keysLeft <= 0 || bytesLeft <= 0;
  }
}
