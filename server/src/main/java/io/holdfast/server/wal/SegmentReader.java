package io.holdfast.server.wal;

import io.holdfast.server.disk.DiskFile;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.HardState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import java.util.zip.CRC32C;

/**
 * Reads one segment batch by batch, holding one batch in memory. A batch is replayed only after all
 * of it was verified.
 */
final class SegmentReader {
  private static final int WINDOW_BYTES = 256 << 10;
  private static final int ZEROS_BYTES = 16 << 10;
  private static final ByteBuffer ZEROS = ByteBuffer.allocate(ZEROS_BYTES).asReadOnlyBuffer();

  private final DiskFile file;
  private final SegmentHead head;
  private final Replay replay;
  private final FileWindow window;
  private final CRC32C crc = new CRC32C();

  private long position = Format.HEAD_BYTES;
  private int chain;
  private long lastBatchPosition;
  private int lastBatchBytes;
  private long entryIndexMax;

  SegmentReader(DiskFile file, SegmentHead head, Replay replay) {
    this.file = file;
    this.head = head;
    this.replay = replay;
    this.chain = head.chain();
    this.window =
        new FileWindow(
            file, head.segmentBytes(), (int) Math.min(WINDOW_BYTES, head.segmentBytes()));
  }

  /** Behind the last valid batch. */
  long position() {
    return position;
  }

  /** Chained checksum at {@link #position}. */
  int chain() {
    return chain;
  }

  long entryIndexMax() {
    return entryIndexMax;
  }

  /** Reads a segment that others follow: every batch must be whole. */
  void readWhole() throws IOException, Damage {
    while (hasBatch()) {
      readBatch();
    }
    if (lastBatchBytes == 0) {
      throw new Damage(position, "the segment's first batch is missing");
    }
  }

  /**
   * Reads whole batches until so many bytes are behind.
   *
   * @return how many they are; empty when there is nothing left
   */
  OptionalLong readSome(long bytes) throws IOException, Damage {
    long start = position;
    while (position - start < bytes && hasBatch()) {
      readBatch();
    }
    if (lastBatchBytes == 0) {
      throw new Damage(position, "the segment's first batch is missing");
    }
    return position == start ? OptionalLong.empty() : OptionalLong.of(position - start);
  }

  /**
   * Reads the segment that was written last, up to its end or to a torn write.
   *
   * @throws Damage when what does not check out cannot be a write that a crash interrupted
   */
  void readLast() throws IOException, Damage {
    try {
      while (hasBatch()) {
        readBatch();
      }
    } catch (Damage damage) {
      if (!isTorn()) {
        throw damage;
      }
    }
    if (lastBatchBytes == 0) {
      throw new Damage(position, "the segment's first batch is damaged");
    }
    refuseWhenBatchFollows();
  }

  /**
   * Cuts a torn tail and makes sure that what was read is on the disk: the last batch may have been
   * read from memory that a failed sync left behind, so it is written again.
   */
  void repair() throws IOException, Damage {
    int offset = window.offset(lastBatchPosition, lastBatchBytes);
    ByteBuffer batch = window.buffer().duplicate();
    batch.limit(offset + lastBatchBytes).position(offset);
    file.write(batch, lastBatchPosition);
    for (long at = position; at < head.segmentBytes(); at += ZEROS_BYTES) {
      int bytes = (int) Math.min(ZEROS_BYTES, head.segmentBytes() - at);
      if (!isZero(window.offset(at, bytes), bytes)) {
        file.write(ZEROS.duplicate().limit(bytes), at);
      }
    }
    file.sync();
  }

  private boolean hasBatch() throws IOException, Damage {
    if (head.segmentBytes() - position < Format.BATCH_BYTES_MIN) {
      return false;
    }
    int piece = (int) (Format.SECTOR_BYTES - position % Format.SECTOR_BYTES);
    int offset = window.offset(position, Format.BATCH_HEADER_BYTES);
    return !Format.isZero(window.buffer(), offset, Math.min(piece, Format.BATCH_HEADER_BYTES));
  }

  private void readBatch() throws IOException, Damage {
    int header = window.offset(position, Format.BATCH_HEADER_BYTES);
    if (!Format.isBatchHeader(crc, window.buffer(), header, position, head.sequence())
        || Format.batchChainBefore(window.buffer(), header) != chain) {
      throw new Damage(position, "a batch's header does not match its checksum");
    }
    int bytes = checkedBatchBytes(header);
    int offset = window.offset(position, bytes);
    int end = offset + bytes - Format.END_MARK_BYTES;
    int chainAfter = verify(offset, end);
    if (window.buffer().getLong(end) != Format.END_MARK) {
      throw new Damage(position + end - offset, "a batch's end mark is damaged");
    }
    replay(offset + Format.BATCH_HEADER_BYTES, end, offset);
    chain = chainAfter;
    lastBatchPosition = position;
    lastBatchBytes = bytes;
    position += bytes;
  }

  private int checkedBatchBytes(int header) throws Damage {
    int bytes = Format.batchBytes(window.buffer(), header);
    if (bytes < Format.BATCH_BYTES_MIN
        || bytes % Long.BYTES != 0
        || bytes > head.segmentBytes() - position) {
      throw new Damage(position, "a batch claims to have " + bytes + " bytes");
    }
    return bytes;
  }

  /** Follows the chain through the batch's records; returns its value at the end. */
  private int verify(int offset, int end) throws Damage {
    ByteBuffer buffer = window.buffer();
    int running = Format.batchChecksum(buffer, offset);
    for (int at = offset + Format.BATCH_HEADER_BYTES; at < end; ) {
      int length = buffer.getInt(at);
      if (length < Format.RECORD_HEAD_BYTES || length > end - at) {
        throw new Damage(position + at - offset, "a record claims to have " + length + " bytes");
      }
      int padded = Format.padded(length);
      int stored = buffer.getInt(at + Format.CHAIN_OFFSET);
      buffer.putInt(at + Format.CHAIN_OFFSET, running);
      running = Format.checksum(crc, buffer, at, padded);
      buffer.putInt(at + Format.CHAIN_OFFSET, stored);
      if (running != stored) {
        throw new Damage(position + at - offset, "a record does not match its checksum");
      }
      at += padded;
    }
    return running;
  }

  private void replay(int from, int end, int batchOffset) throws Damage {
    ByteBuffer buffer = window.buffer();
    for (int at = from; at < end; ) {
      int length = buffer.getInt(at);
      try {
        replayRecord(buffer, at, length);
      } catch (IllegalArgumentException e) {
        throw new Damage(position + at - batchOffset, e.getMessage());
      }
      at += Format.padded(length);
    }
  }

  private void replayRecord(ByteBuffer buffer, int at, int length) {
    short mask = buffer.getShort(at + Format.MASK_OFFSET);
    if (mask != 0) {
      Format.applyMask(buffer, at, Format.padded(length), mask);
    }
    int payload = at + Format.RECORD_HEAD_BYTES;
    int payloadBytes = length - Format.RECORD_HEAD_BYTES;
    byte kind = buffer.get(at + Format.KIND_OFFSET);
    switch (kind) {
      case Format.KIND_ENTRY -> {
        if (payloadBytes < Format.ENTRY_PREFIX_BYTES) {
          throw new IllegalArgumentException("an entry of " + payloadBytes + " bytes");
        }
        Entry entry = entry(buffer, at, payload, payloadBytes);
        replay.entry(entry);
        entryIndexMax = Math.max(entryIndexMax, entry.index());
      }
      case Format.KIND_HARD_STATE -> {
        if (payloadBytes != Format.HARD_STATE_BYTES) {
          throw new IllegalArgumentException("a hard state of " + payloadBytes + " bytes");
        }
        replay.hardState(
            new HardState(
                buffer.getLong(payload),
                buffer.getLong(payload + 8),
                buffer.getLong(payload + 16)));
      }
      case Format.KIND_SNAPSHOT_SAVED ->
          replay.snapshotSaved(MarkCodec.read(buffer, payload, payloadBytes));
      case Format.KIND_SNAPSHOT_INSTALLED ->
          replay.snapshotInstalled(MarkCodec.read(buffer, payload, payloadBytes));
      default -> throw new IllegalArgumentException("a record of unknown kind " + kind);
    }
    if (mask != 0) {
      Format.applyMask(buffer, at, Format.padded(length), mask);
    }
  }

  private static Entry entry(ByteBuffer buffer, int at, int payload, int payloadBytes) {
    long index = buffer.getLong(payload);
    long term = buffer.getLong(payload + 8);
    if (index <= 0 || term <= 0) {
      throw new IllegalArgumentException("an entry with index " + index + " and term " + term);
    }
    byte[] data = new byte[payloadBytes - Format.ENTRY_PREFIX_BYTES];
    buffer.get(payload + Format.ENTRY_PREFIX_BYTES, data);
    return new Entry(index, term, Format.entryType(buffer.get(at + Format.TYPE_OFFSET)), data);
  }

  /**
   * Whether the bad batch at {@link #position} is one whose bytes did not all arrive: a sector of
   * it is missing, or everything from some byte on.
   */
  private boolean isTorn() throws IOException, Damage {
    int header = window.offset(position, Format.BATCH_BYTES_MIN);
    ByteBuffer buffer = window.buffer();
    if (!Format.isBatchHeader(crc, buffer, header, position, head.sequence())) {
      return Format.hasZeroSector(buffer, header, Format.BATCH_HEADER_BYTES, position)
          || Format.isZero(buffer, header + Format.BATCH_HEADER_BYTES, Long.BYTES);
    }
    int bytes = checkedBatchBytes(header);
    int offset = window.offset(position, bytes);
    buffer = window.buffer();
    return Format.hasZeroSector(buffer, offset, bytes, position)
        || buffer.get(offset + bytes - 1) == 0;
  }

  /** A batch is written only after the one before it was synced: then this is no torn write. */
  private void refuseWhenBatchFollows() throws IOException, Damage {
    long size = head.segmentBytes();
    for (long at = position; at < size; at += ZEROS_BYTES - Format.BATCH_HEADER_BYTES) {
      int bytes = (int) Math.min(ZEROS_BYTES, size - at);
      int offset = window.offset(at, bytes);
      if (isZero(offset, bytes)) {
        continue;
      }
      ByteBuffer buffer = window.buffer();
      for (int in = 0; in + Format.BATCH_HEADER_BYTES <= bytes; in += Long.BYTES) {
        long there = at + in;
        if (there != position
            && Format.isBatchHeader(crc, buffer, offset + in, there, head.sequence())) {
          throw new Damage(position, "records are damaged here, yet valid ones follow at " + there);
        }
      }
    }
  }

  private boolean isZero(int offset, int bytes) {
    ByteBuffer stretch = window.buffer().duplicate();
    stretch.limit(offset + bytes).position(offset);
    return stretch.equals(ZEROS.duplicate().limit(bytes));
  }
}
