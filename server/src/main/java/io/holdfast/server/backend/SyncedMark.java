package io.holdfast.server.backend;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Remembers, in a small file beside the store's, which version of the store was synced last. The
 * store is always opened at that version.
 *
 * <p>A power cut may keep any part of what was written after the last sync. MVStore by itself looks
 * for the newest chunk that is there with its first and last bytes; but what is between, nobody has
 * promised, and what such a chunk refers to may have been overwritten. So nothing is searched for:
 * the file holds what the mark says, and whatever else is in it is free space. The log has the
 * rest.
 *
 * <p>The mark is kept in two sectors in turn, so that a torn write leaves the one before. Used by
 * one thread at a time.
 */
final class SyncedMark {
  private static final int SLOT_BYTES = 512;
  private static final int RECORD_BYTES = 7 * Long.BYTES;
  private static final long MAGIC = 0x48465f53594e4302L;

  private final Disk disk;
  private final Path file;
  private long number;

  SyncedMark(Disk disk, Path store) {
    this.disk = disk;
    this.file = store.resolveSibling(store.getFileName() + "-synced");
  }

  /** The store is synced up to a point; durable on return. */
  void write(SyncedPoint point) throws IOException {
    boolean fresh = !disk.exists(file);
    try (DiskFile mark = disk.open(file, fresh ? Disk.Mode.CREATE : Disk.Mode.WRITE)) {
      if (number == 0) {
        number = newest(mark).map(record -> record.number).orElse(0L);
      }
      number++;
      ByteBuffer slot = ByteBuffer.allocate(SLOT_BYTES);
      slot.putLong(MAGIC).putLong(number).putLong(point.version()).putLong(point.chunk());
      slot.putLong(point.block()).putLong(point.createdMillis());
      slot.putLong(checksum(slot.array())).rewind();
      mark.write(slot, number % 2 * SLOT_BYTES);
      mark.sync();
    }
    if (fresh) {
      disk.syncDirectory(file.toAbsolutePath().getParent());
    }
  }

  /** What was synced last; empty when that is not known. */
  Optional<SyncedPoint> read() throws IOException {
    if (!disk.exists(file)) {
      return Optional.empty();
    }
    try (DiskFile mark = disk.open(file, Disk.Mode.READ)) {
      return newest(mark).map(Record::point);
    }
  }

  /** Another file is going to take the store's place. */
  void forget() throws IOException {
    if (disk.exists(file)) {
      disk.delete(file);
      disk.syncDirectory(file.toAbsolutePath().getParent());
    }
    number = 0;
  }

  private record Record(long number, SyncedPoint point) {}

  private static Optional<Record> newest(DiskFile mark) throws IOException {
    Optional<Record> newest = Optional.empty();
    for (int slot = 0; slot < 2; slot++) {
      ByteBuffer bytes = ByteBuffer.allocate(SLOT_BYTES);
      if (mark.read(bytes, (long) slot * SLOT_BYTES) >= RECORD_BYTES) {
        bytes.flip();
        long magic = bytes.getLong();
        Record found =
            new Record(
                bytes.getLong(),
                new SyncedPoint(
                    bytes.getLong(), (int) bytes.getLong(), bytes.getLong(), bytes.getLong()));
        boolean whole = magic == MAGIC && bytes.getLong() == checksum(bytes.array());
        if (whole && (newest.isEmpty() || found.number > newest.get().number)) {
          newest = Optional.of(found);
        }
      }
    }
    return newest;
  }

  private static long checksum(byte[] slot) {
    CRC32C crc = new CRC32C();
    crc.update(slot, 0, RECORD_BYTES - Long.BYTES);
    return crc.getValue();
  }
}
