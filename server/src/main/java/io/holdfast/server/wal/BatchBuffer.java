package io.holdfast.server.wal;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.SnapshotMetadata;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Encodes records one behind the other in one direct buffer, and later turns as many of them as fit
 * a segment into a batch, in place, ready for a single write.
 *
 * <p>Appending only copies; masks and chained checksums are added when the batch is sealed, since
 * both depend on where it is written. Not thread-safe.
 */
final class BatchBuffer {
  private static final int START = Format.BATCH_HEADER_BYTES;

  private final int initialBytes;
  private final int keptBytesMax;
  private final CRC32C crc = new CRC32C();
  private ByteBuffer buffer;
  private int end = START;

  private int chain;
  private long entryIndexMax;
  private HardState hardState;
  private SnapshotMetadata mark;

  /**
   * @param initialBytes the buffer's size at first
   * @param keptBytesMax what it may keep between batches; a larger record makes it larger only for
   *     one batch
   */
  BatchBuffer(int initialBytes, int keptBytesMax) {
    this.initialBytes = initialBytes;
    this.keptBytesMax = keptBytesMax;
    this.buffer = Format.direct(initialBytes);
  }

  boolean isEmpty() {
    return end == START;
  }

  /** Bytes of the records waiting here. */
  int sizeBytes() {
    return end - START;
  }

  /** Bytes that a record of this payload takes. */
  static int recordBytes(int payloadBytes) {
    return Format.padded(Format.RECORD_HEAD_BYTES + payloadBytes);
  }

  void entry(Entry entry) {
    byte[] data = entry.data();
    int payload = begin(Format.KIND_ENTRY, Format.ENTRY_PREFIX_BYTES + data.length);
    buffer.put(
        payload - Format.RECORD_HEAD_BYTES + Format.TYPE_OFFSET, Format.typeCode(entry.type()));
    buffer.putLong(payload, entry.index());
    buffer.putLong(payload + 8, entry.term());
    buffer.put(payload + Format.ENTRY_PREFIX_BYTES, data);
  }

  void hardState(HardState state) {
    int payload = begin(Format.KIND_HARD_STATE, Format.HARD_STATE_BYTES);
    buffer.putLong(payload, state.term());
    buffer.putLong(payload + 8, state.vote());
    buffer.putLong(payload + 16, state.commit());
  }

  /** The state machine holds everything up to here; recovery starts here. */
  void snapshotSaved(SnapshotMetadata snapshot) {
    mark(Format.KIND_SNAPSHOT_SAVED, snapshot);
  }

  /** The log starts anew here: all entries written before are void. */
  void snapshotInstalled(SnapshotMetadata snapshot) {
    mark(Format.KIND_SNAPSHOT_INSTALLED, snapshot);
  }

  private void mark(byte kind, SnapshotMetadata snapshot) {
    int payload = begin(kind, MarkCodec.sizeBytes(snapshot));
    MarkCodec.write(buffer, payload, snapshot);
  }

  /** Forgets the records and gives back what one large record took. */
  void clear() {
    end = START;
    if (buffer.capacity() > keptBytesMax) {
      buffer = Format.direct(initialBytes);
    }
  }

  /** Where the first record is; the place of the first batch's header is right before it. */
  int firstRecord() {
    return START;
  }

  /** Behind the last record. */
  int end() {
    return end;
  }

  /** Bytes the batch needs that holds nothing but the record at {@code from}. */
  long batchBytesFor(int from) {
    return Format.BATCH_HEADER_BYTES + recordAt(from) + Format.END_MARK_BYTES;
  }

  /**
   * Makes a batch of the records from {@code from} on, as many as fit. The header goes over the 32
   * bytes before them, which an earlier batch no longer needs; the end mark behind them is left to
   * {@link #write}.
   *
   * @param from offset of the first record
   * @param filePosition where the batch will be written
   * @param roomBytes what the segment has left
   * @param chainBefore the chained checksum so far
   * @return offset behind the last record taken; {@code from} when not even one fits
   */
  int seal(int from, long filePosition, long roomBytes, long sequence, int chainBefore) {
    int to = from;
    long room = roomBytes - Format.BATCH_HEADER_BYTES - Format.END_MARK_BYTES;
    while (to < end && to - from + (long) recordAt(to) <= room) {
      to += recordAt(to);
    }
    if (to == from) {
      return from;
    }
    int header = from - Format.BATCH_HEADER_BYTES;
    int bytes = to - header + Format.END_MARK_BYTES;
    Format.writeBatchHeader(crc, buffer, header, bytes, filePosition, sequence, chainBefore);
    chain = Format.batchChecksum(buffer, header);
    entryIndexMax = 0;
    hardState = null;
    mark = null;
    for (int at = from; at < to; ) {
      int length = recordAt(at);
      note(at);
      mask(at, length, filePosition + (at - header));
      buffer.putInt(at + Format.CHAIN_OFFSET, chain);
      chain = Format.checksum(crc, buffer, at, length);
      buffer.putInt(at + Format.CHAIN_OFFSET, chain);
      at += length;
    }
    return to;
  }

  /** The sealed batch with its end mark, handed to one write; restores what the mark covered. */
  void write(int from, int to, BatchWrite write) throws IOException {
    long covered = buffer.getLong(to);
    buffer.putLong(to, Format.END_MARK);
    buffer.limit(to + Format.END_MARK_BYTES).position(from - Format.BATCH_HEADER_BYTES);
    try {
      write.write(buffer);
    } finally {
      buffer.clear();
      buffer.putLong(to, covered);
    }
  }

  /** Takes a batch to the disk. */
  @FunctionalInterface
  interface BatchWrite {
    void write(ByteBuffer batch) throws IOException;
  }

  /** Chained checksum at the end of the batch sealed last. */
  int sealedChain() {
    return chain;
  }

  /** Highest index among the entries sealed last; 0 = no entries. */
  long sealedEntryIndexMax() {
    return entryIndexMax;
  }

  /** The hard state sealed last, or {@code otherwise} when the batch had none. */
  HardState sealedHardState(HardState otherwise) {
    return hardState == null ? otherwise : hardState;
  }

  /** The mark sealed last, or {@code otherwise} when the batch had none. */
  SnapshotMetadata sealedMark(SnapshotMetadata otherwise) {
    return mark == null ? otherwise : mark;
  }

  private int recordAt(int offset) {
    return Format.padded(buffer.getInt(offset));
  }

  private int begin(byte kind, int payloadBytes) {
    int at = end;
    int length = Format.RECORD_HEAD_BYTES + payloadBytes;
    int next = at + Format.padded(length);
    reserve(next + Format.END_MARK_BYTES);
    buffer.putLong(next - Long.BYTES, 0);
    buffer.putInt(at + Format.LENGTH_OFFSET, length);
    buffer.putInt(at + Format.CHAIN_OFFSET, 0);
    buffer.putLong(at + Format.KIND_OFFSET, kind);
    end = next;
    return at + Format.RECORD_HEAD_BYTES;
  }

  private void reserve(int bytes) {
    if (bytes <= buffer.capacity()) {
      return;
    }
    ByteBuffer larger = Format.direct(Math.max(bytes, buffer.capacity() * 2));
    buffer.limit(end).position(0);
    larger.put(buffer);
    larger.clear();
    buffer = larger;
  }

  private void note(int at) {
    int payload = at + Format.RECORD_HEAD_BYTES;
    switch (buffer.get(at + Format.KIND_OFFSET)) {
      case Format.KIND_ENTRY -> entryIndexMax = Math.max(entryIndexMax, buffer.getLong(payload));
      case Format.KIND_HARD_STATE ->
          hardState =
              new HardState(
                  buffer.getLong(payload),
                  buffer.getLong(payload + 8),
                  buffer.getLong(payload + 16));
      default ->
          mark =
              MarkCodec.read(
                  buffer,
                  payload,
                  buffer.getInt(at + Format.LENGTH_OFFSET) - Format.RECORD_HEAD_BYTES);
    }
  }

  /** Masks the record when a whole sector of the file would otherwise be zeros because of it. */
  private void mask(int at, int length, long filePosition) {
    short mask = 0;
    while (coversZeroSector(at, length, filePosition)) {
      if (mask != 0) {
        Format.applyMask(buffer, at, length, mask);
      }
      mask++;
      if (mask == 0) {
        return; // 65,535 sectors, each of another repeated number: a tear here would be refused
      }
      Format.applyMask(buffer, at, length, mask);
    }
    buffer.putShort(at + Format.MASK_OFFSET, mask);
  }

  private boolean coversZeroSector(int at, int length, long filePosition) {
    long firstWhole =
        (filePosition + Format.SECTOR_BYTES - 1) / Format.SECTOR_BYTES * Format.SECTOR_BYTES;
    int last = length - Format.SECTOR_BYTES;
    for (int in = (int) (firstWhole - filePosition); in <= last; in += Format.SECTOR_BYTES) {
      if (buffer.getLong(at + in) == 0 && Format.isZero(buffer, at + in, Format.SECTOR_BYTES)) {
        return true;
      }
    }
    return false;
  }
}
