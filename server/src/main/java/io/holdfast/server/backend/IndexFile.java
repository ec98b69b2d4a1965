package io.holdfast.server.backend;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * A file beside the store's that holds what the store's reader has made of it, to save the work the
 * next time. Everything in it could be made again, so it is written without any sync, under another
 * name until it is complete, and is worth nothing unless every byte of it checks out.
 *
 * <pre>
 *   8 bytes   "HFINDEX" and the format (1)
 *   blocks:   4 bytes length, 4 bytes CRC32C over the checksum of the block before (0 at first),
 *             the length and the content; then the content
 *   the end:  a block of the length 0, and nothing behind it
 * </pre>
 *
 * <p>One thread writes; {@link #synced} and {@link #distrust} may be called by any.
 */
public final class IndexFile {
  private static final System.Logger LOGGER = System.getLogger(IndexFile.class.getName());
  private static final long MAGIC_AND_FORMAT = 0x4846494e44455801L;
  private static final int BLOCK_HEADER_BYTES = 2 * Integer.BYTES;

  private final Disk disk;
  private final Path file;
  private final Path unfinished;
  private Writer writer;

  private boolean distrusted;

  /** The number of the commit that must be durable before the finished file is of use; or none. */
  private long awaitedCommit = Long.MAX_VALUE;

  IndexFile(Disk disk, Path store) {
    this.disk = disk.forDispensables();
    this.file = store.resolveSibling(store.getFileName() + "-index");
    this.unfinished = store.resolveSibling(store.getFileName() + "-index.new");
  }

  /** Takes the content of a file block by block, in order. */
  @FunctionalInterface
  public interface BlockReader {
    /**
     * @param block to be kept if wanted
     */
    void read(byte[] block);
  }

  /** Whether there is one, whatever is in it. */
  public boolean exists() throws IOException {
    return disk.exists(file);
  }

  /**
   * Reads all of it.
   *
   * @param reader what it was given is worth nothing when the file turns out to be damaged
   * @throws IOException when it cannot be read or does not check out, with what is wrong
   */
  public void read(BlockReader reader) throws IOException {
    try (DiskFile open = disk.open(file, Disk.Mode.READ)) {
      long size = open.size();
      long at = Long.BYTES;
      if (bytes(open, 0, Long.BYTES).getLong() != MAGIC_AND_FORMAT) {
        throw new IOException("it is of another format");
      }
      int checksum = 0;
      while (true) {
        ByteBuffer header = bytes(open, at, BLOCK_HEADER_BYTES);
        at += BLOCK_HEADER_BYTES;
        int length = header.getInt();
        int expected = header.getInt();
        if (length < 0 || length > size - at) {
          throw new IOException("a block of it is cut short or damaged");
        }
        byte[] block = bytes(open, at, length).array();
        at += length;
        checksum = checksum(checksum, length, block);
        if (checksum != expected) {
          throw new IOException("a block of it fails its checksum");
        }
        if (length == 0) {
          break;
        }
        reader.read(block);
      }
      if (at != size) {
        throw new IOException("something follows its end");
      }
    }
  }

  private static ByteBuffer bytes(DiskFile open, long at, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    if (open.read(buffer, at) < length) {
      throw new IOException("it is cut short");
    }
    return buffer.flip();
  }

  private static int checksum(int before, int length, byte[] block) {
    CRC32C crc = new CRC32C();
    crc.update(ByteBuffer.allocate(BLOCK_HEADER_BYTES).putInt(before).putInt(length).flip());
    crc.update(block, 0, length);
    return (int) crc.getValue();
  }

  /** Removes what a process has left behind that ended while it wrote. Before anything is begun. */
  public void removeLeftover() throws IOException {
    if (disk.exists(unfinished)) {
      disk.delete(unfinished);
    }
  }

  /** Begins a new file; one that was begun before is given up. */
  synchronized Writer begin() throws IOException {
    close();
    removeLeftover();
    writer = new Writer(disk.open(unfinished, Disk.Mode.CREATE));
    writer.writeFormat();
    return writer;
  }

  /** Whether a finished file waits for the sync that gives it its name. Any thread. */
  public synchronized boolean isWaiting() {
    return awaitedCommit < Long.MAX_VALUE;
  }

  /** So many commits are durable: a finished file that waited for one of them gets its name. */
  synchronized void synced(long commits) {
    if (commits < awaitedCommit || distrusted) {
      return;
    }
    awaitedCommit = Long.MAX_VALUE;
    try {
      disk.rename(unfinished, file);
    } catch (IOException e) {
      LOGGER.log(
          System.Logger.Level.INFO, "a new " + file + " cannot be put in its place (" + e + ")");
    }
  }

  /**
   * Something about the store was found to be wrong: the next start is to read all of it, and no
   * file of this process is to keep it from doing so. Any thread.
   */
  public synchronized void distrust() {
    if (distrusted) {
      return;
    }
    distrusted = true;
    try {
      if (disk.exists(file)) {
        disk.delete(file);
      }
    } catch (IOException e) {
      LOGGER.log(
          System.Logger.Level.WARNING, file + " should be removed and cannot be (" + e + ")");
    }
  }

  /** Gives up what has not got its name yet. */
  synchronized void close() {
    if (writer != null) {
      writer.giveUp();
    } else if (awaitedCommit < Long.MAX_VALUE) {
      awaitedCommit = Long.MAX_VALUE;
      removeUnfinished();
    }
  }

  private void removeUnfinished() {
    try {
      disk.delete(unfinished);
    } catch (IOException e) {
      LOGGER.log(System.Logger.Level.INFO, unfinished + " is left behind (" + e + ")");
    }
  }

  /** Writes a file from the beginning to the end. One thread. */
  public final class Writer {
    private final DiskFile open;
    private long position;
    private int checksum;

    private Writer(DiskFile open) {
      this.open = open;
    }

    private void writeFormat() throws IOException {
      append(ByteBuffer.allocate(Long.BYTES).putLong(MAGIC_AND_FORMAT).flip());
    }

    private void append(ByteBuffer bytes) throws IOException {
      int length = bytes.remaining();
      open.write(bytes, position);
      position += length;
    }

    /**
     * Adds a block.
     *
     * @param content its first {@code length} bytes, at least one
     */
    public void add(byte[] content, int length) throws IOException {
      checksum = checksum(checksum, length, content);
      ByteBuffer block = ByteBuffer.allocate(BLOCK_HEADER_BYTES + length);
      append(block.putInt(length).putInt(checksum).put(content, 0, length).flip());
    }

    void finish(long commit) throws IOException {
      add(new byte[0], 0);
      open.close();
      synchronized (IndexFile.this) {
        writer = null;
        awaitedCommit = commit;
      }
    }

    /** Gives the file up and removes what there is of it, if that can be done. */
    public void giveUp() {
      synchronized (IndexFile.this) {
        if (writer != this) {
          return;
        }
        writer = null;
      }
      try {
        open.close();
      } catch (IOException e) {
        LOGGER.log(System.Logger.Level.INFO, unfinished + " cannot be closed (" + e + ")");
      }
      removeUnfinished();
    }
  }
}
