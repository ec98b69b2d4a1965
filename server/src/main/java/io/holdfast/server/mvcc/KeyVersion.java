package io.holdfast.server.mvcc;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What the index knows of a key: its latest version in full, and of the ones before only where they
 * are. Immutable but for the cached value, so a reader that holds one needs no lock; every change
 * puts a new one in its place.
 *
 * <p>One object of 64 bytes per key. A key written once has nothing else; the older revisions of
 * the others stand as pairs (main, sub) in one array, which successive versions share: the writer
 * appends behind what existing holders look at.
 */
final class KeyVersion {
  /** In the place of a cached value: this version was replaced, nothing may be cached here. */
  private static final byte[] REPLACED = new byte[0];

  private static final VarHandle VALUE;
  private static final int PAIR = 2;

  /** Marks a tombstone in the sub half of a pair. */
  private static final long TOMBSTONE = 1L << 32;

  static {
    try {
      VALUE = MethodHandles.lookup().findVarHandle(KeyVersion.class, "value", byte[].class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final byte[] key;
  final long modRevision;
  final long createRevision;

  /** 0 when this is a tombstone. */
  final long version;

  final long leaseId;
  final int sub;

  /** How many of the older revisions this version knows. */
  final int olderCount;

  private final long[] older;

  @SuppressWarnings("unused") // through VALUE
  private byte[] value;

  private KeyVersion(
      byte[] key,
      long modRevision,
      int sub,
      long createRevision,
      long version,
      long leaseId,
      byte[] value,
      long[] older,
      int olderCount) {
    this.key = key;
    this.modRevision = modRevision;
    this.sub = sub;
    this.createRevision = createRevision;
    this.version = version;
    this.leaseId = leaseId;
    this.value = value;
    this.older = older;
    this.olderCount = olderCount;
  }

  /** A version without a past. */
  static KeyVersion first(
      byte[] key,
      long modRevision,
      int sub,
      long createRevision,
      long version,
      long leaseId,
      byte[] cachedValue) {
    return new KeyVersion(
        key, modRevision, sub, createRevision, version, leaseId, cachedValue, null, 0);
  }

  /** Where a key's older revisions are, to be filled in before a version takes it over. */
  static final class Past {
    private final long[] pairs;

    Past(int count) {
      pairs = new long[Math.multiplyExact(count, PAIR)];
    }

    void set(int position, long main, int sub, boolean tombstone) {
      pairs[position * PAIR] = main;
      pairs[position * PAIR + 1] = tombstone ? sub | TOMBSTONE : sub;
    }
  }

  /** A version with everything that came before it. */
  static KeyVersion withPast(
      byte[] key,
      long modRevision,
      int sub,
      long createRevision,
      long version,
      long leaseId,
      Past past) {
    return new KeyVersion(
        key,
        modRevision,
        sub,
        createRevision,
        version,
        leaseId,
        null,
        past.pairs,
        past.pairs.length / PAIR);
  }

  /**
   * Joins a version that was read by itself with the one before.
   *
   * @param before null when the key was not known
   */
  static KeyVersion following(KeyVersion before, KeyVersion read) {
    return before == null
        ? read
        : before.next(
            read.modRevision, read.sub, read.createRevision, read.version, read.leaseId, null);
  }

  /** How many of the key's versions are of a main revision or before it. */
  long versionsUpTo(long main) {
    return modRevision <= main ? olderCount + 1L : olderPositionAt(main) + 1L;
  }

  /** The version that follows this one. */
  KeyVersion next(
      long newModRevision,
      int newSub,
      long newCreateRevision,
      long newVersion,
      long newLeaseId,
      byte[] cachedValue) {
    long[] history = withRoom();
    history[olderCount * PAIR] = modRevision;
    history[olderCount * PAIR + 1] = isTombstone() ? sub | TOMBSTONE : sub;
    return new KeyVersion(
        key,
        newModRevision,
        newSub,
        newCreateRevision,
        newVersion,
        newLeaseId,
        cachedValue,
        history,
        olderCount + 1);
  }

  private long[] withRoom() {
    if (older == null) {
      return new long[PAIR];
    }
    int used = olderCount * PAIR;
    if (used < older.length) {
      return older;
    }
    long[] larger = new long[Math.addExact(used, used)];
    System.arraycopy(older, 0, larger, 0, used);
    return larger;
  }

  boolean isTombstone() {
    return version == 0;
  }

  long olderMain(int position) {
    return older[position * PAIR];
  }

  int olderSub(int position) {
    return (int) older[position * PAIR + 1];
  }

  boolean isOlderTombstone(int position) {
    return (older[position * PAIR + 1] & TOMBSTONE) != 0;
  }

  /** Position of the last older revision at or before the main revision, -1 when there is none. */
  int olderPositionAt(long main) {
    int low = 0;
    int high = olderCount - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (olderMain(middle) <= main) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high;
  }

  /** Whether the key is alive at the revision. */
  boolean isAliveAt(long revision) {
    if (modRevision <= revision) {
      return !isTombstone();
    }
    int position = olderPositionAt(revision);
    return position >= 0 && !isOlderTombstone(position);
  }

  /** This version without its first so many older revisions; takes the cached value along. */
  KeyVersion withoutOldest(int dropped) {
    int left = olderCount - dropped;
    long[] history = null;
    if (left > 0) {
      history = new long[left * PAIR];
      System.arraycopy(older, dropped * PAIR, history, 0, history.length);
    }
    return new KeyVersion(
        key, modRevision, sub, createRevision, version, leaseId, takeValue(), history, left);
  }

  /** The value if it is cached, else null. */
  byte[] cachedValue() {
    byte[] cached = (byte[]) VALUE.getAcquire(this);
    return cached == REPLACED ? null : cached;
  }

  /** Caches the value unless one is there or this version was replaced; tells whether it did. */
  boolean cacheValue(byte[] toCache) {
    return VALUE.compareAndSet(this, null, toCache);
  }

  /** Takes the cached value out, null if there is none, and keeps any from being cached later. */
  byte[] takeValue() {
    byte[] taken = (byte[]) VALUE.getAndSet(this, REPLACED);
    return taken == REPLACED ? null : taken;
  }

  /** Takes the cached value out, null if there is none; another may be cached later. */
  byte[] evictValue() {
    byte[] cached = cachedValue();
    return cached != null && VALUE.compareAndSet(this, cached, null) ? cached : null;
  }

  /** The client's view of this version. */
  KeyValue toKeyValue(byte[] withValue) {
    return new KeyValue(key, createRevision, modRevision, version, withValue, leaseId);
  }
}
