package io.holdfast.server.backend;

import org.h2.mvstore.MVStore;

/**
 * The history: (main revision, sub revision) to a record, appended in order. Appending touches only
 * the last page, so a commit rewrites little; everything ordered otherwise is rebuilt in memory.
 *
 * <p>Changed by the one writing thread only, read on any thread; durable with the backend's next
 * commit and sync.
 */
public final class RevisionMap extends CheckedMap<RevisionKey> {
  /** The bucket name its records carry in a snapshot. */
  public static final String NAME = "revisions";

  /** Sees one record of a scan. */
  @FunctionalInterface
  public interface RevisionVisitor {
    /**
     * @return whether to go on
     */
    boolean visit(long main, int sub, byte[] record);
  }

  private final Runnable onWrite;

  RevisionMap(MVStore store, Runnable onWrite) {
    super(NAME, store, RevisionKey.Type.INSTANCE);
    this.onWrite = onWrite;
  }

  @Override
  int checksum(RevisionKey key, byte[] value) {
    return Checksums.of(key.main(), key.sub(), value);
  }

  @Override
  byte[] keyBytes(RevisionKey key) {
    return key.toBytes();
  }

  @Override
  int keyLength(RevisionKey key) {
    return RevisionKey.BYTES;
  }

  /** Takes the record over; revisions must ascend. */
  public void append(long main, int sub, byte[] record) {
    onWrite.run();
    write(new RevisionKey(main, sub), record);
  }

  /**
   * The record, null when there is none: the hot path makes no wrapper.
   *
   * @throws CorruptRecordException when the record fails its checksum
   */
  public byte[] get(long main, int sub) {
    return getOrNull(new RevisionKey(main, sub));
  }

  /** Removing what is not there is no error. */
  public void remove(long main, int sub) {
    onWrite.run();
    erase(new RevisionKey(main, sub));
  }

  /**
   * Visits records from a revision on, ascending, until the visitor says stop. What is written or
   * removed meanwhile is not seen.
   *
   * @throws CorruptRecordException when a record fails its checksum
   */
  public void scan(long fromMain, int fromSub, RevisionVisitor visitor) {
    scan(
        new RevisionKey(fromMain, fromSub),
        (key, record) -> visitor.visit(key.main(), key.sub(), record));
  }
}
