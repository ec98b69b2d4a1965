package io.holdfast.server.snapshot;

import io.holdfast.server.node.SnapshotRecordConsumer;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.wal.MarkCodec;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Reads a snapshot stream record by record, checking each before it is handed over. Only when
 * {@link #forEach} returns is the stream known to be whole. One thread; memory of one record.
 */
public final class SnapshotReader {
  private static final int BUFFER_BYTES = 64 << 10;
  private static final String HEADER = "header";
  private static final String FOOTER = "footer";

  private final InputStream in;
  private final CRC32C total = new CRC32C();
  private final CRC32C part = new CRC32C();
  private final long clusterId;
  private final int paddingBytesMax;
  private Optional<SnapshotMetadata> metadata = Optional.empty();
  private long records;

  /**
   * Reads and checks the header.
   *
   * @param in buffered here, never closed
   * @throws SnapshotDamagedException when it is no snapshot, or its header is damaged
   */
  public SnapshotReader(InputStream in) throws IOException {
    this(in, 0);
  }

  /**
   * The same for a stream behind whose footer zeros may follow.
   *
   * @param paddingBytesMax how many
   */
  public SnapshotReader(InputStream in, int paddingBytesMax) throws IOException {
    this.in = new BufferedInputStream(in, BUFFER_BYTES);
    this.paddingBytesMax = paddingBytesMax;
    ByteBuffer header = read(SnapshotFormat.HEADER_BYTES, HEADER);
    if (header.getLong() != SnapshotFormat.MAGIC) {
      throw new SnapshotDamagedException(HEADER, "this is no Holdfast snapshot");
    }
    int version = header.getInt();
    clusterId = header.getLong();
    readChecksum(HEADER);
    if (version != SnapshotFormat.VERSION) {
      throw new SnapshotDamagedException(
          HEADER,
          version > SnapshotFormat.VERSION
              ? "it has format version "
                  + version
                  + ", this release reads up to "
                  + SnapshotFormat.VERSION
                  + ": a newer release wrote it, use that one"
              : "format version " + version + " is not read any more");
    }
  }

  /**
   * The position in the log and the membership that the state belongs to.
   *
   * @throws IllegalStateException before {@link #forEach} has returned
   */
  public SnapshotMetadata metadata() {
    return metadata.orElseThrow(
        () -> new IllegalStateException("the metadata is behind the records: read them first"));
  }

  /** The cluster whose state it is. */
  public long clusterId() {
    return clusterId;
  }

  /**
   * Hands over all records, then checks the footer; once.
   *
   * @return how many records there were
   * @throws SnapshotDamagedException when a record or the footer is damaged, or bytes follow it
   */
  public long forEach(SnapshotRecordConsumer consumer) throws IOException {
    while (true) {
      int before = (int) total.getValue();
      String name = "record " + (records + 1);
      int kind = read(Integer.BYTES, name).getInt();
      if (kind == SnapshotFormat.FOOTER_KIND) {
        readFooter(before);
        return records;
      }
      ByteBuffer lengths = read(2 * Integer.BYTES, name);
      int keyBytes = lengths.getInt();
      int valueBytes = lengths.getInt();
      if (kind < 0
          || keyBytes < 0
          || valueBytes < 0
          || (long) keyBytes + valueBytes > SnapshotFormat.RECORD_BYTES_MAX) {
        throw new SnapshotDamagedException(
            name,
            "kind "
                + kind
                + " with a key of "
                + keyBytes
                + " and a value of "
                + valueBytes
                + " bytes");
      }
      byte[] key = read(keyBytes, name).array();
      byte[] value = read(valueBytes, name).array();
      readChecksum(name);
      consumer.accept(kind, key, value);
      records++;
    }
  }

  private void readFooter(int computedTotal) throws IOException {
    int metadataBytes = read(Integer.BYTES, FOOTER).getInt();
    if (metadataBytes < 0 || metadataBytes > SnapshotFormat.METADATA_BYTES_MAX) {
      throw new SnapshotDamagedException(FOOTER, "it claims metadata of " + metadataBytes);
    }
    ByteBuffer mark = read(metadataBytes, FOOTER);
    ByteBuffer counts = read(SnapshotFormat.FOOTER_COUNTS_BYTES, FOOTER);
    readChecksum(FOOTER);
    long count = counts.getLong();
    if (count != records) {
      throw new SnapshotDamagedException(
          FOOTER, "it counts " + count + " records, but there are " + records);
    }
    if (counts.getInt() != computedTotal) {
      throw new SnapshotDamagedException(FOOTER, "the stream does not match its total checksum");
    }
    readPadding();
    try {
      metadata = Optional.of(MarkCodec.read(mark, 0, metadataBytes));
    } catch (IllegalArgumentException e) {
      throw new SnapshotDamagedException(FOOTER, e.getMessage());
    }
  }

  private void readPadding() throws IOException {
    int next;
    for (int i = 0; (next = in.read()) >= 0; i++) {
      if (i >= paddingBytesMax) {
        throw new SnapshotDamagedException(FOOTER, "bytes follow it");
      }
      if (next != 0) {
        throw new SnapshotDamagedException("padding", "it is not all zeros");
      }
    }
  }

  private void readChecksum(String name) throws IOException {
    int computed = (int) part.getValue();
    if (readUnchecked(SnapshotFormat.CHECKSUM_BYTES, name).getInt() != computed) {
      throw new SnapshotDamagedException(name, "it does not match its checksum");
    }
    part.reset();
  }

  /** Reads in pieces, so that a damaged length asks for no more memory than there are bytes. */
  private ByteBuffer read(int bytes, String name) throws IOException {
    ByteBuffer read = readUnchecked(bytes, name);
    part.update(read.array(), 0, bytes);
    total.update(read.array(), 0, bytes);
    return read;
  }

  private ByteBuffer readUnchecked(int bytes, String name) throws IOException {
    byte[] read = in.readNBytes(bytes);
    if (read.length < bytes) {
      throw new SnapshotDamagedException(name, "the stream ends within it");
    }
    return ByteBuffer.wrap(read).order(ByteOrder.LITTLE_ENDIAN);
  }
}
