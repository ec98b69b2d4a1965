package io.holdfast.server.wal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * The first sector of a segment.
 *
 * @param sequence rises by one from segment to segment
 * @param segmentBytes size of the file; a file of another size was cut or extended by someone else
 * @param identity whose log it is
 * @param chain the chained checksum at the end of the segment before; 0 in the very first
 */
record SegmentHead(long sequence, long segmentBytes, WalIdentity identity, int chain) {
  private static final long MAGIC = 0x4C41_5753_4644_4C48L; // "HLDFSWAL" as bytes
  private static final int CHECKSUM_OFFSET = 12;

  void write(ByteBuffer buffer) {
    buffer.putLong(0, MAGIC);
    buffer.putInt(8, Format.VERSION);
    buffer.putInt(CHECKSUM_OFFSET, 0);
    buffer.putLong(16, sequence);
    buffer.putLong(24, segmentBytes);
    buffer.putLong(32, identity.memberId());
    buffer.putLong(40, identity.clusterId());
    buffer.putInt(48, chain);
    for (int at = 52; at < Format.HEAD_BYTES; at += Integer.BYTES) {
      buffer.putInt(at, 0);
    }
    buffer.putInt(CHECKSUM_OFFSET, Format.checksum(new CRC32C(), buffer, 0, Format.HEAD_BYTES));
  }

  /**
   * @param sector the file's first 512 bytes
   * @throws Damage when they are no head, or not this one's
   */
  static SegmentHead read(ByteBuffer sector, long sequence, long fileBytes) throws Damage {
    if (sector.getLong(0) != MAGIC) {
      throw new Damage(0, "this is not a segment of a Holdfast log");
    }
    int stored = sector.getInt(CHECKSUM_OFFSET);
    sector.putInt(CHECKSUM_OFFSET, 0);
    int computed = Format.checksum(new CRC32C(), sector, 0, Format.HEAD_BYTES);
    sector.putInt(CHECKSUM_OFFSET, stored);
    if (stored != computed) {
      throw new Damage(0, "the segment's head does not match its checksum");
    }
    if (sector.getInt(8) != Format.VERSION) {
      throw new Damage(
          0, "format version " + sector.getInt(8) + " is unknown; a newer release wrote it");
    }
    if (sector.getLong(16) != sequence) {
      throw new Damage(
          0, "the segment's head says sequence " + Long.toHexString(sector.getLong(16)));
    }
    if (sector.getLong(24) != fileBytes) {
      throw new Damage(
          Math.min(fileBytes, sector.getLong(24)),
          "the file has " + fileBytes + " bytes where its head says " + sector.getLong(24));
    }
    if (sector.getLong(32) == 0) {
      throw new Damage(0, "the segment's head names no member");
    }
    return new SegmentHead(
        sequence,
        fileBytes,
        new WalIdentity(sector.getLong(32), sector.getLong(40)),
        sector.getInt(48));
  }
}
