package io.holdfast.server.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import io.holdfast.server.disk.SimulatedDisk;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Records whose checksums are right and whose content is not: each is a refusal, none a surprise.
 */
class ForgedRecordTest {
  private static final Path ROOT = Path.of("/simulated");
  private static final Path DIRECTORY = ROOT.resolve("wal");
  private static final WalIdentity SELF = new WalIdentity(7, 9);

  private SimulatedDisk disk;
  private long position;
  private int chain;

  @BeforeEach
  void create() {
    disk = new SimulatedDisk(ROOT);
    Wal.open(DIRECTORY, options(), SELF).wal().close();
    position = 0;
  }

  @Test
  void anHonestBatchIsRead() throws IOException {
    batch(buffer -> buffer.entry(entry(1, 1)));
    batch(buffer -> buffer.hardState(new HardState(4, 2, 1)));
    Wal.Opened opened = Wal.open(DIRECTORY, options(), SELF);
    assertEquals(1, opened.recovered().entries().size());
    assertEquals(new HardState(4, 2, 1), opened.recovered().hardState());
  }

  @Test
  void aCommitIndexBeyondTheLogIsCutDownToIt() throws IOException {
    batch(buffer -> buffer.entry(entry(1, 1)));
    batch(buffer -> buffer.hardState(new HardState(4, 2, 77)));
    Wal.Opened opened = Wal.open(DIRECTORY, options(), SELF);
    assertEquals(new HardState(4, 2, 1), opened.recovered().hardState());
  }

  @Test
  void indicesThatCannotBe() throws IOException {
    refused("index -1", buffer -> buffer.entry(entry(-1, 1)));
    refused("index 0", buffer -> buffer.entry(entry(0, 1)));
    refused("term 0", buffer -> buffer.entry(entry(1, 0)));
    refused("entries 1 to", buffer -> buffer.entry(entry(Long.MAX_VALUE, 1)));
    refused("entries 1 to 1 are missing", buffer -> buffer.entry(entry(2, 1)));
    refused(
        "entry 5 follows entry 1",
        buffer -> {
          buffer.entry(entry(1, 1));
          buffer.entry(entry(5, 1));
        });
    refused(
        "lower term",
        buffer -> {
          buffer.entry(entry(1, 2));
          buffer.entry(entry(2, 1));
        });
  }

  @Test
  void marksThatCannotBe() throws IOException {
    ConfState conf = ConfState.ofVoters(List.of(7L));
    refused(
        "mark 3 follows mark 5",
        buffer -> {
          buffer.snapshotInstalled(new SnapshotMetadata(5, 1, conf));
          buffer.snapshotSaved(new SnapshotMetadata(3, 1, conf));
        });
    refused(
        "entry 5 follows snapshot mark 5",
        buffer -> {
          buffer.snapshotInstalled(new SnapshotMetadata(5, 1, conf));
          buffer.entry(entry(5, 1));
        });
  }

  @Test
  void lengthsThatCannotBe() throws IOException {
    for (int length : new int[] {1, 15, 49, 4096, Integer.MAX_VALUE, -1, Integer.MIN_VALUE}) {
      patched("record claims to have", Format.BATCH_HEADER_BYTES, length);
    }
    for (int bytes : new int[] {0, 8, 57, 8192, Integer.MAX_VALUE, -8, Integer.MIN_VALUE}) {
      patched("batch claims to have " + bytes, 4, bytes);
    }
  }

  @Test
  void kindsAndTypesOfANewerRelease() throws IOException {
    patched("unknown kind 99", Format.BATCH_HEADER_BYTES + Format.KIND_OFFSET, 99);
    patched(
        "entry type 3 is unknown",
        Format.BATCH_HEADER_BYTES + Format.KIND_OFFSET,
        Format.KIND_ENTRY | 3 << 8);
    patched(
        "hard state of", Format.BATCH_HEADER_BYTES + Format.KIND_OFFSET, Format.KIND_HARD_STATE);
    patched(
        "snapshot mark",
        Format.BATCH_HEADER_BYTES + Format.KIND_OFFSET,
        Format.KIND_SNAPSHOT_SAVED);
  }

  private void refused(String expected, Consumer<BatchBuffer> records) throws IOException {
    create();
    batch(records);
    expectRefusal(expected);
  }

  /** Writes a batch of one entry with another number at some place, and right checksums. */
  private void patched(String expected, int offset, int value) throws IOException {
    create();
    find();
    BatchBuffer buffer = new BatchBuffer(1024, 1024);
    buffer.entry(entry(1, 1));
    ByteBuffer batch = sealed(buffer);
    batch.putInt(offset, value);
    CRC32C crc = new CRC32C();
    int header = Format.checksum(crc, batch, 0, 28);
    batch.putInt(28, header);
    batch.putInt(Format.BATCH_HEADER_BYTES + Format.CHAIN_OFFSET, header);
    int bytes = batch.capacity() - Format.BATCH_HEADER_BYTES - Format.END_MARK_BYTES;
    int record = Format.checksum(crc, batch, Format.BATCH_HEADER_BYTES, bytes);
    batch.putInt(Format.BATCH_HEADER_BYTES + Format.CHAIN_OFFSET, record);
    write(batch);
    expectRefusal(expected);
  }

  private void expectRefusal(String expected) {
    StartupException refused =
        assertThrows(StartupException.class, () -> Wal.open(DIRECTORY, options(), SELF), expected);
    assertTrue(refused.getMessage().contains(expected), refused.getMessage());
  }

  private void batch(Consumer<BatchBuffer> records) throws IOException {
    if (position == 0) {
      find();
    }
    BatchBuffer buffer = new BatchBuffer(1024, 1024);
    records.accept(buffer);
    ByteBuffer batch = sealed(buffer);
    write(batch);
    position += batch.capacity();
    chain = buffer.sealedChain();
  }

  private ByteBuffer sealed(BatchBuffer buffer) throws IOException {
    int from = buffer.firstRecord();
    int to = buffer.seal(from, position, 4096, 0, chain);
    ByteBuffer copy = Format.heap(to - from + Format.BATCH_HEADER_BYTES + Format.END_MARK_BYTES);
    buffer.write(from, to, copy::put);
    return copy.clear();
  }

  private void write(ByteBuffer batch) throws IOException {
    try (DiskFile file = disk.open(DIRECTORY.resolve(Segment.name(0)), Disk.Mode.WRITE)) {
      file.write(batch.duplicate(), position);
    }
  }

  /** Where the log that was just created goes on. */
  private void find() throws IOException {
    byte[] content = disk.content(DIRECTORY.resolve(Segment.name(0)));
    ByteBuffer buffer = Format.heap(content.length).put(content).clear();
    try (DiskFile file = disk.open(DIRECTORY.resolve(Segment.name(0)), Disk.Mode.READ)) {
      SegmentReader reader =
          new SegmentReader(file, SegmentHead.read(buffer, 0, content.length), new Replay());
      reader.readLast();
      position = reader.position();
      chain = reader.chain();
    } catch (Damage e) {
      throw new IOException(e);
    }
  }

  private static Entry entry(long index, long term) {
    return new Entry(index, term, EntryType.NORMAL, new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9});
  }

  private WalOptions options() {
    return new WalOptions(disk, 4 << 10, 4 << 10, 2048, true, BatchListener.NOBODY);
  }
}
