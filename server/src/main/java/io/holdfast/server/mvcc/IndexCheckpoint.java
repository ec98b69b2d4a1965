package io.holdfast.server.mvcc;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.HistoryPoint;
import io.holdfast.server.backend.IndexFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The index of keys as it was, in a file: leaves, packed, in key order, and what the history
 * amounted to when the writing began and when it ended. The writing takes many steps, and keys
 * change between them; so each leaf says up to which revision it knows its keys.
 *
 * <pre>
 *   block of leaves:  1 byte 1; per leaf: number revision known - begin, number length, the leaf
 *   last block:       1 byte 2; two history points of four numbers each: begin, end
 * </pre>
 */
final class IndexCheckpoint {
  private static final int LEAVES = 1;
  private static final int FACTS = 2;
  private static final int BLOCK_BYTES = 1 << 18;

  /**
   * A leaf with the revision up to which it holds every version of its keys.
   *
   * @param revision versions up to here are in it
   */
  record KnownLeaf(PackedLeaf leaf, long revision) {}

  private final HistoryPoint begin;
  private final HistoryPoint end;
  private final List<KnownLeaf> leaves;

  private IndexCheckpoint(HistoryPoint begin, HistoryPoint end, List<KnownLeaf> leaves) {
    this.begin = begin;
    this.end = end;
    this.leaves = leaves;
  }

  HistoryPoint begin() {
    return begin;
  }

  HistoryPoint end() {
    return end;
  }

  List<KnownLeaf> leaves() {
    return leaves;
  }

  /**
   * @throws IOException when the file cannot be used, with what is wrong with it
   */
  static IndexCheckpoint read(IndexFile file) throws IOException {
    Reading reading = new Reading();
    file.read(reading);
    if (reading.begin == null) {
      throw new IOException("it does not say what it is of");
    }
    long first = reading.begin.revision();
    reading.leaves.replaceAll(
        known -> new KnownLeaf(known.leaf(), Math.addExact(first, known.revision())));
    return new IndexCheckpoint(reading.begin, reading.end, reading.leaves);
  }

  private static final class Reading implements IndexFile.BlockReader {
    private final List<KnownLeaf> leaves = new ArrayList<>();
    private HistoryPoint begin;
    private HistoryPoint end;

    @Override
    public void read(byte[] block) {
      PackReader reader = new PackReader(block);
      if (reader.getByte() == FACTS) {
        begin = point(reader);
        end = point(reader);
        return;
      }
      while (reader.hasMore()) {
        long known = reader.getNumber();
        leaves.add(new KnownLeaf(PackedLeaf.of(reader.getBytes(reader.getCount())), known));
      }
    }

    private static HistoryPoint point(PackReader reader) {
      return new HistoryPoint(
          reader.getNumber(), reader.getNumber(), reader.getNumber(), reader.getNumber());
    }
  }

  /** Writes one, step by step; the writing thread's. */
  static final class Writing {
    private final KeyTree tree;
    private final Backend backend;
    private final HistoryPoint begin;
    private final IndexFile.Writer file;
    private final PackWriter block = new PackWriter(BLOCK_BYTES + BLOCK_BYTES / 4);
    private final KeyPacker packer;
    private byte[] position = KeyValue.NO_VALUE;
    private long revision;

    Writing(KeyTree tree, Backend backend, long revision) throws IOException {
      this.tree = tree;
      this.backend = backend;
      this.begin = backend.historyPoint(revision);
      this.file = backend.writeIndexFile();
      this.packer = new KeyPacker(revision, this::add);
    }

    /** What the history amounted to when this began. */
    HistoryPoint begin() {
      return begin;
    }

    /**
     * @param current the newest revision
     * @return whether there is more to do
     * @throws IOException when it cannot be written; {@link #giveUp} then
     */
    boolean step(long current, int keysMax) throws IOException {
      revision = current;
      position = tree.pack(position, keysMax, packer);
      if (block.length() >= BLOCK_BYTES || position == null && block.length() > 0) {
        file.add(block.array(), block.length());
        block.clear();
      }
      if (position != null) {
        return true;
      }
      if (packer.versions() != begin.records()) {
        throw new IOException(
            "the index holds "
                + packer.versions()
                + " versions where the history has "
                + begin.records());
      }
      block.putByte(FACTS);
      put(begin);
      put(backend.historyPoint(current));
      file.add(block.array(), block.length());
      backend.finishIndexFile(file);
      return false;
    }

    void giveUp() {
      file.giveUp();
    }

    private void add(PackWriter leaf) {
      if (block.length() == 0) {
        block.putByte(LEAVES);
      }
      block.putNumber(revision - begin.revision()).putNumber(leaf.length());
      block.putBytes(leaf.array(), 0, leaf.length());
    }

    private void put(HistoryPoint point) {
      block.putNumber(point.revision()).putNumber(point.records());
      block.putNumber(point.checksumSum()).putNumber(point.bytes());
    }
  }
}
