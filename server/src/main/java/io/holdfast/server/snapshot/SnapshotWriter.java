package io.holdfast.server.snapshot;

import io.holdfast.server.node.SnapshotRecordConsumer;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.wal.MarkCodec;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Writes a snapshot as a stream, one record at a time. Without {@link #finish} the stream has no
 * footer and no reader takes it. One thread.
 */
public final class SnapshotWriter implements SnapshotRecordConsumer {
  private static final int BUFFER_BYTES = 64 << 10;

  private final OutputStream out;
  private final CRC32C total = new CRC32C();
  private final CRC32C part = new CRC32C();
  private final ByteBuffer head = SnapshotFormat.buffer(SnapshotFormat.RECORD_HEAD_BYTES);
  private final ByteBuffer checksum = SnapshotFormat.buffer(SnapshotFormat.CHECKSUM_BYTES);
  private long records;

  /**
   * Writes the header.
   *
   * @param out where the stream goes; buffered here, never closed
   * @param clusterId the cluster whose state it is
   */
  public SnapshotWriter(OutputStream out, long clusterId) throws IOException {
    this.out = new BufferedOutputStream(out, BUFFER_BYTES);
    ByteBuffer header = SnapshotFormat.buffer(SnapshotFormat.HEADER_BYTES);
    header.putLong(SnapshotFormat.MAGIC).putInt(SnapshotFormat.VERSION).putLong(clusterId);
    write(header.array());
    writeChecksum();
  }

  /**
   * @throws IllegalArgumentException when the kind is negative or the record above 256 MiB
   */
  @Override
  public void accept(int kind, byte[] key, byte[] value) throws IOException {
    if (kind < 0 || (long) key.length + value.length > SnapshotFormat.RECORD_BYTES_MAX) {
      throw new IllegalArgumentException(
          "a record of kind " + kind + " with " + key.length + " + " + value.length + " bytes");
    }
    head.clear().putInt(kind).putInt(key.length).putInt(value.length);
    write(head.array());
    write(key);
    write(value);
    writeChecksum();
    records++;
  }

  /**
   * Writes the footer and flushes the stream.
   *
   * @param metadata the position in the log and the membership that the state belongs to
   */
  public void finish(SnapshotMetadata metadata) throws IOException {
    int metadataBytes = MarkCodec.sizeBytes(metadata);
    ByteBuffer footer =
        SnapshotFormat.buffer(
            2 * Integer.BYTES + metadataBytes + SnapshotFormat.FOOTER_COUNTS_BYTES);
    footer.putInt(SnapshotFormat.FOOTER_KIND).putInt(metadataBytes);
    MarkCodec.write(footer, footer.position(), metadata);
    footer.position(footer.position() + metadataBytes);
    footer.putLong(records).putInt((int) total.getValue());
    write(footer.array());
    writeChecksum();
    out.flush();
  }

  private void write(byte[] bytes) throws IOException {
    part.update(bytes, 0, bytes.length);
    total.update(bytes, 0, bytes.length);
    out.write(bytes);
  }

  /**
   * Not part of the total: the CRC of bytes followed by their own CRC is the same for all bytes, so
   * a total over both would say nothing.
   */
  private void writeChecksum() throws IOException {
    checksum.putInt(0, (int) part.getValue());
    part.reset();
    out.write(checksum.array());
  }
}
