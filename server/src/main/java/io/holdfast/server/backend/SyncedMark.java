package io.holdfast.server.backend;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Remembers, in a small file beside the store's, which version of the store was synced last, and
 * takes the store back to it.
 *
 * <p>A power cut may keep any part of what was written after the last sync. MVStore takes a version
 * for whole when its first and last bytes are there; what is between, nobody has promised. Such a
 * version fails the checks of {@link Backend}, and the one that was synced is still in the file:
 * the later ones only have to be taken out of MVStore's sight.
 *
 * <p>The mark is kept in two sectors in turn, so that a torn write leaves the one before.
 */
final class SyncedMark {
  private static final int SLOT_BYTES = 512;
  private static final int RECORD_BYTES = 3 * Long.BYTES;
  private static final int BLOCK_BYTES = 4096;
  private static final int FOOTER_BYTES = 128;

  private final Disk disk;
  private final Path store;
  private final Path file;
  private long number;

  SyncedMark(Disk disk, Path store) {
    this.disk = disk;
    this.store = store;
    this.file = store.resolveSibling(store.getFileName() + "-synced");
  }

  /** The store is synced up to a version. */
  void write(long version) throws IOException {
    boolean fresh = !disk.exists(file);
    try (DiskFile mark = disk.open(file, fresh ? Disk.Mode.CREATE : Disk.Mode.WRITE)) {
      if (number == 0) {
        number = newest(mark).map(record -> record.number).orElse(0L);
      }
      number++;
      ByteBuffer record = ByteBuffer.allocate(SLOT_BYTES);
      record.putLong(number).putLong(version);
      record.putLong(checksum(record.array())).rewind();
      mark.write(record, number % 2 * SLOT_BYTES);
      mark.sync();
    }
    if (fresh) {
      disk.syncDirectory(file.toAbsolutePath().getParent());
    }
  }

  /** Whether a version is older than the one that was synced last. */
  boolean isBehind(long version) throws IOException {
    return read().map(synced -> version < synced.version).orElse(false);
  }

  /** Another file is going to take the store's place. */
  void forget() throws IOException {
    if (disk.exists(file)) {
      disk.delete(file);
      disk.syncDirectory(file.toAbsolutePath().getParent());
    }
    number = 0;
  }

  /**
   * Takes out of the store's file, which must be closed, every version after the synced one.
   *
   * @return whether there was any
   */
  boolean takeStoreBack() throws IOException {
    Optional<Record> synced = read();
    return synced.isPresent() && disk.exists(store) && removeAfter(synced.get().version);
  }

  private Optional<Record> read() throws IOException {
    if (!disk.exists(file)) {
      return Optional.empty();
    }
    try (DiskFile mark = disk.open(file, Disk.Mode.READ)) {
      return newest(mark);
    }
  }

  private boolean removeAfter(long version) throws IOException {
    boolean found = false;
    try (DiskFile content = disk.open(store, Disk.Mode.WRITE)) {
      long blocks = content.size() / BLOCK_BYTES;
      for (long block = 2; block < blocks; block++) {
        String header = ChunkHeader.text(content, block * BLOCK_BYTES);
        if (ChunkHeader.field(header, "version") > version) {
          erase(content, block * BLOCK_BYTES, FOOTER_BYTES);
          long end = (block + ChunkHeader.field(header, "len")) * BLOCK_BYTES;
          if (end > block * BLOCK_BYTES && end <= blocks * BLOCK_BYTES) {
            erase(content, end - FOOTER_BYTES, FOOTER_BYTES);
          }
          found = true;
        }
      }
      if (found) {
        content.sync();
      }
    }
    return found;
  }

  private static void erase(DiskFile content, long position, int bytes) throws IOException {
    content.write(ByteBuffer.allocate(bytes), position);
  }

  private record Record(long number, long version) {}

  private static Optional<Record> newest(DiskFile mark) throws IOException {
    Optional<Record> newest = Optional.empty();
    for (int slot = 0; slot < 2; slot++) {
      ByteBuffer record = ByteBuffer.allocate(SLOT_BYTES);
      if (mark.read(record, (long) slot * SLOT_BYTES) >= RECORD_BYTES) {
        record.flip();
        Record found = new Record(record.getLong(), record.getLong());
        boolean whole = record.getLong() == checksum(record.array());
        if (whole && (newest.isEmpty() || found.number > newest.get().number)) {
          newest = Optional.of(found);
        }
      }
    }
    return newest;
  }

  private static long checksum(byte[] record) {
    CRC32C crc = new CRC32C();
    crc.update(record, 0, 2 * Long.BYTES);
    return crc.getValue() | 1L << 40;
  }
}
