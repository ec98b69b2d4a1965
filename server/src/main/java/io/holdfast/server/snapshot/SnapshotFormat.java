package io.holdfast.server.snapshot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The numbers of the stream's format. */
final class SnapshotFormat {
  static final long MAGIC = 0x5041_4E53_4644_4C48L; // "HLDFSNAP" as bytes
  static final int VERSION = 2;

  /** Magic, version, cluster id; a checksum follows. */
  static final int HEADER_BYTES = 8 + 4 + 8;

  static final int METADATA_BYTES_MAX = 1 << 20;

  /** Kind, key length, value length. */
  static final int RECORD_HEAD_BYTES = 12;

  static final int RECORD_BYTES_MAX = 256 << 20;

  static final int FOOTER_KIND = -1;

  /** Behind the metadata: number of records, total checksum; its own checksum follows. */
  static final int FOOTER_COUNTS_BYTES = 8 + 4;

  static final int CHECKSUM_BYTES = 4;

  private SnapshotFormat() {}

  static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
