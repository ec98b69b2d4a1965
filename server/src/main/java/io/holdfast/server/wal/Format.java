package io.holdfast.server.wal;

import io.holdfast.server.raft.EntryType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/** The numbers of the on-disk format, and the checks both the writer and the reader make. */
final class Format {
  static final int VERSION = 1;

  /** The unit a disk writes all or nothing of. */
  static final int SECTOR_BYTES = 512;

  static final int HEAD_BYTES = SECTOR_BYTES;
  static final long SEGMENT_BYTES_MIN = 4096;

  static final int BATCH_HEADER_BYTES = 32;
  static final int BATCH_MAGIC = 0xB47C_10F5;

  /** Closes every batch; no byte of it is zero, so a batch whose end is missing shows it. */
  static final long END_MARK = 0xE4D5_0FBA_7C41_9BA7L;

  static final int END_MARK_BYTES = 8;

  static final int RECORD_HEAD_BYTES = 16;
  static final int BATCH_BYTES_MIN = BATCH_HEADER_BYTES + RECORD_HEAD_BYTES + END_MARK_BYTES;

  static final int LENGTH_OFFSET = 0;
  static final int CHAIN_OFFSET = 4;
  static final int KIND_OFFSET = 8;
  static final int TYPE_OFFSET = 9;
  static final int MASK_OFFSET = 10;

  static final byte KIND_HARD_STATE = 1;
  static final byte KIND_ENTRY = 2;
  static final byte KIND_SNAPSHOT_SAVED = 3;
  static final byte KIND_SNAPSHOT_INSTALLED = 4;

  static final int HARD_STATE_BYTES = 24;
  static final int ENTRY_PREFIX_BYTES = 16;

  /** Far above any request the server takes; keeps every size within an int. */
  static final int RECORD_BYTES_MAX = 256 << 20;

  private Format() {}

  static byte typeCode(EntryType type) {
    return switch (type) {
      case NORMAL -> 0;
      case CONFIG_CHANGE -> 1;
    };
  }

  /**
   * @throws IllegalArgumentException when no entry type has this code
   */
  static EntryType entryType(byte code) {
    return switch (code) {
      case 0 -> EntryType.NORMAL;
      case 1 -> EntryType.CONFIG_CHANGE;
      default -> throw new IllegalArgumentException("entry type " + code + " is unknown");
    };
  }

  static ByteBuffer heap(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The next multiple of 8. */
  static int padded(int bytes) {
    return (bytes + 7) & ~7;
  }

  /** CRC32C of {@code bytes} bytes from {@code offset}; leaves position and limit at the ends. */
  static int checksum(CRC32C crc, ByteBuffer buffer, int offset, int bytes) {
    crc.reset();
    buffer.limit(offset + bytes).position(offset);
    crc.update(buffer);
    buffer.clear();
    return (int) crc.getValue();
  }

  static boolean isZero(ByteBuffer buffer, int offset, int bytes) {
    int end = offset + bytes;
    int at = offset;
    for (; at + Long.BYTES <= end; at += Long.BYTES) {
      if (buffer.getLong(at) != 0) {
        return false;
      }
    }
    for (; at < end; at++) {
      if (buffer.get(at) != 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether a sector of the file, or the part of it that lies in the given stretch, is all zeros.
   *
   * @param offset where the stretch begins in the buffer
   * @param filePosition where it begins in the file
   */
  static boolean hasZeroSector(ByteBuffer buffer, int offset, int bytes, long filePosition) {
    int done = 0;
    while (done < bytes) {
      int inSector = (int) ((filePosition + done) % SECTOR_BYTES);
      int piece = Math.min(SECTOR_BYTES - inSector, bytes - done);
      if (isZero(buffer, offset + done, piece)) {
        return true;
      }
      done += piece;
    }
    return false;
  }

  static void writeBatchHeader(
      CRC32C crc,
      ByteBuffer buffer,
      int offset,
      int batchBytes,
      long filePosition,
      long sequence,
      int chain) {
    buffer.putInt(offset, BATCH_MAGIC);
    buffer.putInt(offset + 4, batchBytes);
    buffer.putLong(offset + 8, filePosition);
    buffer.putLong(offset + 16, sequence);
    buffer.putInt(offset + 24, chain);
    buffer.putInt(offset + 28, checksum(crc, buffer, offset, 28));
  }

  /** Whether a batch header that belongs exactly here is at {@code offset}. */
  static boolean isBatchHeader(
      CRC32C crc, ByteBuffer buffer, int offset, long filePosition, long sequence) {
    return buffer.getInt(offset) == BATCH_MAGIC
        && buffer.getLong(offset + 8) == filePosition
        && buffer.getLong(offset + 16) == sequence
        && buffer.getInt(offset + 28) == checksum(crc, buffer, offset, 28);
  }

  static int batchBytes(ByteBuffer buffer, int offset) {
    return buffer.getInt(offset + 4);
  }

  static int batchChainBefore(ByteBuffer buffer, int offset) {
    return buffer.getInt(offset + 24);
  }

  /** The chain value that the first record of the batch continues. */
  static int batchChecksum(ByteBuffer buffer, int offset) {
    return buffer.getInt(offset + 28);
  }

  /** XORs everything behind the record's head, padding included; twice gives the original back. */
  static void applyMask(ByteBuffer buffer, int recordOffset, int paddedBytes, short mask) {
    long word = (mask & 0xFFFFL) * 0x0001_0001_0001_0001L;
    int end = recordOffset + paddedBytes;
    for (int at = recordOffset + RECORD_HEAD_BYTES; at < end; at += Long.BYTES) {
      buffer.putLong(at, buffer.getLong(at) ^ word);
    }
  }
}
