package io.holdfast.server.mvcc;

/**
 * A leaf of the index that nobody has looked into yet: packed, and with it what was written to its
 * keys later. Says what it amounts to without being opened. Immutable.
 */
final class LazyLeaf {
  private static final KeyVersion[] NOTHING = {};

  private final PackedLeaf packed;

  /** By key; those of one key in the order they were written. */
  private final KeyVersion[] later;

  private final int living;
  private final long newestRevision;
  private final boolean laterLeases;

  private LazyLeaf(PackedLeaf packed, KeyVersion[] later) {
    this.packed = packed;
    this.later = later;
    int alive = packed.living();
    long newest = packed.newestRevision();
    boolean leases = false;
    for (KeyVersion version : later) {
      newest = Math.max(newest, version.modRevision);
      leases |= version.leaseId != 0;
      alive += livingAdded(version);
    }
    living = alive;
    newestRevision = newest;
    laterLeases = leases;
  }

  static LazyLeaf of(PackedLeaf packed) {
    return new LazyLeaf(packed, NOTHING);
  }

  /**
   * @param later newer than what is packed, by key; those of one key in the order they were written
   */
  static LazyLeaf of(PackedLeaf packed, KeyVersion[] later) {
    return new LazyLeaf(packed, later);
  }

  /** By how much a write changes the number of living keys: only those are deleted. */
  static int livingAdded(KeyVersion written) {
    if (written.isTombstone()) {
      return -1;
    }
    return written.version == 1 ? 1 : 0;
  }

  byte[] firstKey() {
    return packed.firstKey();
  }

  /** Keys that are alive once everything in here was written. */
  int living() {
    return living;
  }

  /** No version in here is newer. */
  long newestRevision() {
    return newestRevision;
  }

  /** False when no living key has a lease. */
  boolean mayHaveLeases() {
    return packed.hasLeases() || laterLeases;
  }

  /** False when a compaction has nothing to remove. */
  boolean mayHavePast() {
    return packed.hasPast() || later.length > 0;
  }

  /** Whether {@link #packed} is all there is. */
  boolean isWhollyPacked() {
    return later.length == 0;
  }

  PackedLeaf packed() {
    return packed;
  }

  /** The versions by key; new objects each time. */
  KeyVersion[] open() {
    KeyVersion[] row = packed.unpack();
    return later.length == 0
        ? row
        : KeyTree.join(row, later, 0, later.length, KeyVersion::following);
  }
}
