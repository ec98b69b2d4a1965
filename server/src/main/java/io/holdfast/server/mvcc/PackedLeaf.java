package io.holdfast.server.mvcc;

/**
 * The keys of one leaf of the index, with their versions, as bytes: a tenth of what they take as
 * objects, and made into those only when somebody asks for one of the keys. What the whole leaf
 * amounts to stands in front and is read at once. Immutable.
 *
 * <pre>
 *   number   keys
 *   number   living keys
 *   number   versions of all keys
 *   number   newest main revision
 *   1 byte   flags: 1 a living key has a lease, 2 a key has older versions or is deleted
 *   per key, ascending:
 *     number   bytes in common with the key before
 *     number   length of the rest, then the rest
 *     1 byte   flags: 1 tombstone, 2 lease, 4 created by this version, 8 sub, 16 older versions
 *     number   newest revision of the leaf - main revision
 *     number   sub                               (if flagged)
 *     number   main - create revision, version   (not in a tombstone, nor if created by this one)
 *     8 bytes  lease id                          (if flagged)
 *     number   how many older versions           (if flagged); of each, from the newest on:
 *       number   main of the one after - main
 *       number   2 * sub, 1 more for a tombstone
 * </pre>
 */
final class PackedLeaf {
  private static final int LEASED = 1;
  private static final int WITH_PAST = 2;

  private static final int TOMBSTONE = 1;
  private static final int LEASE = 2;
  private static final int CREATED = 4;
  private static final int SUB = 8;
  private static final int OLDER = 16;

  private static final byte[] NO_KEY = {};

  private final byte[] bytes;
  private final int keys;
  private final int living;
  private final long versions;
  private final long newestRevision;
  private final int flags;
  private final int begin;
  private final byte[] firstKey;

  private PackedLeaf(byte[] bytes) {
    this.bytes = bytes;
    PackReader reader = new PackReader(bytes);
    keys = reader.getCount();
    living = reader.getCount();
    versions = reader.getNumber();
    newestRevision = reader.getNumber();
    flags = reader.getByte();
    begin = reader.position();
    reader.getNumber();
    firstKey = reader.getBytes(reader.getCount());
  }

  /**
   * @param bytes made by {@link #pack}; taken over
   */
  static PackedLeaf of(byte[] bytes) {
    return new PackedLeaf(bytes);
  }

  /** What it was made of; not to be changed. */
  byte[] bytes() {
    return bytes;
  }

  int keys() {
    return keys;
  }

  int living() {
    return living;
  }

  /** The versions of all keys, older ones included. */
  long versions() {
    return versions;
  }

  long newestRevision() {
    return newestRevision;
  }

  boolean hasLeases() {
    return (flags & LEASED) != 0;
  }

  /** Whether a compaction could find anything to remove. */
  boolean hasPast() {
    return (flags & WITH_PAST) != 0;
  }

  byte[] firstKey() {
    return firstKey;
  }

  /**
   * Adds some versions with ascending keys to {@code target}.
   *
   * @param to after {@code from}
   */
  static void pack(KeyVersion[] row, int from, int to, PackWriter target) {
    int living = 0;
    long versions = 0;
    long newest = 0;
    int flags = 0;
    for (int i = from; i < to; i++) {
      KeyVersion version = row[i];
      newest = Math.max(newest, version.modRevision);
      versions += 1L + version.olderCount;
      if (version.isTombstone()) {
        flags |= WITH_PAST;
      } else {
        living++;
        flags |= version.leaseId != 0 ? LEASED : 0;
      }
      flags |= version.olderCount > 0 ? WITH_PAST : 0;
    }
    target.putNumber(to - (long) from).putNumber(living).putNumber(versions).putNumber(newest);
    target.putByte(flags);
    byte[] before = NO_KEY;
    for (int i = from; i < to; i++) {
      pack(row[i], before, newest, target);
      before = row[i].key;
    }
  }

  private static void pack(KeyVersion version, byte[] before, long newest, PackWriter target) {
    byte[] key = version.key;
    int common = KeyHeads.commonPrefix(before, key);
    target.putNumber(common).putNumber(key.length - (long) common);
    target.putBytes(key, common, key.length - common);
    boolean created = version.createRevision == version.modRevision && version.version == 1;
    int flags =
        (version.isTombstone() ? TOMBSTONE : 0)
            | (version.leaseId != 0 ? LEASE : 0)
            | (created ? CREATED : 0)
            | (version.sub != 0 ? SUB : 0)
            | (version.olderCount > 0 ? OLDER : 0);
    target.putByte(flags).putNumber(newest - version.modRevision);
    if (version.sub != 0) {
      target.putNumber(version.sub);
    }
    if (!version.isTombstone() && !created) {
      target.putNumber(version.modRevision - version.createRevision).putNumber(version.version);
    }
    if (version.leaseId != 0) {
      target.putLong(version.leaseId);
    }
    if (version.olderCount > 0) {
      target.putNumber(version.olderCount);
      long after = version.modRevision;
      for (int i = version.olderCount - 1; i >= 0; i--) {
        long main = version.olderMain(i);
        target.putNumber(after - main);
        target.putNumber((long) version.olderSub(i) << 1 | (version.isOlderTombstone(i) ? 1 : 0));
        after = main;
      }
    }
  }

  /** The versions again, ascending by key; new objects each time. */
  KeyVersion[] unpack() {
    PackReader reader = new PackReader(bytes, begin);
    KeyVersion[] row = new KeyVersion[keys];
    byte[] before = NO_KEY;
    for (int i = 0; i < keys; i++) {
      int common = reader.getCount();
      byte[] key = new byte[common + reader.getCount()];
      System.arraycopy(before, 0, key, 0, common);
      reader.getInto(key, common);
      row[i] = version(key, reader);
      before = key;
    }
    return row;
  }

  private KeyVersion version(byte[] key, PackReader reader) {
    int of = reader.getByte();
    long main = newestRevision - reader.getNumber();
    int sub = (of & SUB) != 0 ? reader.getCount() : 0;
    long createRevision = main;
    long version = 1;
    if ((of & TOMBSTONE) != 0) {
      createRevision = 0;
      version = 0;
    } else if ((of & CREATED) == 0) {
      createRevision = main - reader.getNumber();
      version = reader.getNumber();
    }
    long leaseId = (of & LEASE) != 0 ? reader.getLong() : 0;
    if ((of & OLDER) == 0) {
      return KeyVersion.first(key, main, sub, createRevision, version, leaseId, null);
    }
    int olderCount = reader.getCount();
    KeyVersion.Past past = new KeyVersion.Past(olderCount);
    long after = main;
    for (int i = olderCount - 1; i >= 0; i--) {
      after -= reader.getNumber();
      long subAndTombstone = reader.getNumber();
      past.set(i, after, (int) (subAndTombstone >>> 1), (subAndTombstone & 1) != 0);
    }
    return KeyVersion.withPast(key, main, sub, createRevision, version, leaseId, past);
  }
}
