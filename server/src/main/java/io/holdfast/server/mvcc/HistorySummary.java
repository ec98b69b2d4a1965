package io.holdfast.server.mvcc;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * What a history amounts to, computed from its records alone, without a store: for files that are
 * looked at and not opened. The records are to be given twice, in order, to {@link #learn} and then
 * to {@link #hash}. One thread; keeps every key in memory once.
 */
public final class HistorySummary {
  private static final int HASH_FIELDS_BYTES = 64;

  private final long compactRevision;
  private final RecordCodec codec = new RecordCodec();
  private final Map<Key, Latest> latest = new HashMap<>();
  private final CRC32C crc = new CRC32C();
  private final ByteBuffer scratch = ByteBuffer.allocate(HASH_FIELDS_BYTES);
  private long revision;

  /** A key's newest version of all, and the newest one that the compaction has to keep. */
  private static final class Latest {
    private boolean alive;
    private long keptMain;
    private int keptSub;
  }

  /**
   * @param compactRevision -1 when the history was never compacted
   */
  public HistorySummary(long compactRevision) {
    this.compactRevision = compactRevision;
  }

  /**
   * @throws IllegalArgumentException when the record is of no known layout
   */
  public void learn(long main, int sub, byte[] record) {
    codec.read(main, record);
    Latest key = latest.computeIfAbsent(Key.of(codec.key()), name -> new Latest());
    key.alive = !codec.isTombstone();
    if (main <= compactRevision) {
      key.keptMain = codec.isTombstone() ? 0 : main;
      key.keptSub = sub;
    }
    revision = main;
  }

  /** To be called when all records were learned. */
  public void hash(long main, int sub, byte[] record) {
    codec.read(main, record);
    boolean counts = main > compactRevision;
    if (!counts && !codec.isTombstone()) {
      Latest key = latest.get(Key.of(codec.key()));
      counts = key.keptMain == main && key.keptSub == sub;
    }
    if (counts) {
      codec.hashInto(crc, scratch, main, sub);
    }
  }

  /** The revision that a store of this history shows. */
  public long revision() {
    return Math.max(MvccStore.FIRST_REVISION, Math.max(revision, compactRevision));
  }

  /** Keys alive at the last revision. */
  public long keyCount() {
    return latest.values().stream().filter(key -> key.alive).count();
  }

  /** The same hash that members tell of this history. */
  public HashKv hash() {
    return new HashKv((int) crc.getValue(), compactRevision, revision(), revision());
  }
}
