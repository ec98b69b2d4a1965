package io.holdfast.server.backup;

import io.holdfast.server.backend.RevisionMap;
import io.holdfast.server.backend.StoredRecord;
import io.holdfast.server.disk.Disk;
import io.holdfast.server.mvcc.HashKv;
import io.holdfast.server.mvcc.HistorySummary;
import io.holdfast.server.mvcc.MvccStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/**
 * What an operator wants to know of a backup file.
 *
 * @param contents what the file says of itself
 * @param hashKv the hash of the key space, as {@code etcdctl endpoint hashkv} tells it of members
 *     with the same history
 * @param keyCount keys alive at the last revision
 * @param leaseCount leases granted
 */
public record BackupStatus(
    BackupReader.Contents contents, HashKv hashKv, long keyCount, long leaseCount) {
  /** How often the file is read. */
  public static final int PASSES = 3;

  private static final String LEASES = "leases";

  /**
   * Reads and checks a file.
   *
   * @param progress told the bytes read, over all {@link #PASSES}
   * @throws io.holdfast.server.snapshot.SnapshotDamagedException when it is damaged
   */
  public static BackupStatus of(Disk disk, Path file, LongConsumer progress) throws IOException {
    long size = new BackupReader(disk, file, false, bytes -> {}).sizeBytes();
    long[] seen = {-1, 0};
    BackupReader.Contents contents =
        reader(disk, file, progress, 0)
            .read(
                record -> {
                  if (record.bucket().equals(MvccStore.BUCKET)) {
                    MvccStore.compactRevisionIn(record.key(), record.value())
                        .ifPresent(revision -> seen[0] = revision);
                  } else if (record.bucket().equals(LEASES)) {
                    seen[1]++;
                  }
                });
    HistorySummary summary = new HistorySummary(seen[0]);
    reader(disk, file, progress, size).read(record -> each(record, summary::learn));
    reader(disk, file, progress, 2 * size).read(record -> each(record, summary::hash));
    return new BackupStatus(contents, summary.hash(), summary.keyCount(), seen[1]);
  }

  private static BackupReader reader(Disk disk, Path file, LongConsumer progress, long before) {
    return new BackupReader(disk, file, false, bytes -> progress.accept(before + bytes));
  }

  private interface HistoryRecord {
    void accept(long main, int sub, byte[] record);
  }

  private static void each(StoredRecord record, HistoryRecord consumer) throws IOException {
    if (!record.bucket().equals(RevisionMap.NAME)) {
      return;
    }
    ByteBuffer key = ByteBuffer.wrap(record.key());
    if (key.remaining() != Long.BYTES + Integer.BYTES) {
      throw new IOException(
          "a revision of " + key.remaining() + " bytes: a newer release wrote it");
    }
    try {
      consumer.accept(key.getLong(), key.getInt(), record.value());
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage() + ": a newer release wrote it", e);
    }
  }
}
