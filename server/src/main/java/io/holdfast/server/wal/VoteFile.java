package io.holdfast.server.wal;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.error.StorageFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A second place for term and vote, which are in the log too: with them a member whose log is lost
 * cannot vote twice in a term nor listen to a leader of an older one, and so may be repaired.
 *
 * <p>The record stands twice, in blocks of its own, each with a checksum and the number of the
 * write. A write changes and syncs one block, then the other, so a write that was cut short leaves
 * one block whole, and so does damage to either: what the other says is the newest promise that can
 * have left this member. It changes with elections only, so two syncs more do not matter.
 *
 * <p>Thread-safe. After a failed write every call throws.
 */
public final class VoteFile implements AutoCloseable {
  private static final long MAGIC = 0x484c_4446_564f_5445L; // "HLDFVOTE"
  private static final int RECORD_BYTES = 7 * Long.BYTES + Integer.BYTES;
  private static final int BLOCK_BYTES = 4096;
  private static final long REPAIRING = 1;
  private static final String TEMPORARY_SUFFIX = ".tmp";

  private final Path path;
  private final WalIdentity identity;
  private final DiskFile file;
  private Promise promise;
  private long sequence;
  private StorageFailure failure;

  /**
   * What holds whatever happens to the log.
   *
   * @param term the latest election period this member has promised anything in
   * @param vote whom it voted for in that term; 0 = nobody
   * @param repairing whether the log was lost and the member has not come back yet
   */
  public record Promise(long term, long vote, boolean repairing) {
    /** Of a member that has never run. */
    public static final Promise NONE = new Promise(0, 0, false);
  }

  private record Block(long sequence, Promise promise) {}

  private VoteFile(Path path, WalIdentity identity, DiskFile file, Block newest) {
    this.path = path;
    this.identity = identity;
    this.file = file;
    this.promise = newest.promise();
    this.sequence = newest.sequence();
  }

  /**
   * Reads the file without changing it.
   *
   * @return empty when there is none, or none of its two records is whole
   * @throws StartupException when it is another member's or cannot be read
   */
  public static Optional<Promise> read(Disk disk, Path path, WalIdentity identity) {
    try {
      if (!disk.exists(path)) {
        return Optional.empty();
      }
      try (DiskFile file = disk.open(path, Disk.Mode.READ)) {
        return newest(path, file, identity).map(Block::promise);
      }
    } catch (IOException e) {
      throw new StartupException(
          "cannot read " + path + " (" + e + "); check the disk and the file's permissions", e);
    }
  }

  /**
   * Opens the file for writing; makes it when it is missing or damaged.
   *
   * @param promise what it is to say from now on
   * @throws StorageFailure when it cannot be written
   */
  public static VoteFile open(Disk disk, Path path, WalIdentity identity, Promise promise) {
    try {
      Optional<Block> found = Optional.empty();
      if (disk.exists(path)) {
        try (DiskFile file = disk.open(path, Disk.Mode.READ)) {
          found = newest(path, file, identity);
        }
      }
      if (found.isEmpty()) {
        create(disk, path, identity, promise);
      }
      VoteFile votes =
          new VoteFile(
              path,
              identity,
              disk.open(path, Disk.Mode.WRITE),
              found.orElse(new Block(1, promise)));
      if (found.isPresent()) {
        // Also where it says so already: one of its two blocks may be damaged.
        votes.rewrite(promise);
      }
      return votes;
    } catch (IOException e) {
      throw new StorageFailure("opening " + path + " failed", e);
    }
  }

  /** What the file says. */
  public synchronized Promise promise() {
    return promise;
  }

  /**
   * Makes a promise durable, if it is not the one that is; returns when it is.
   *
   * @throws StorageFailure when the disk refuses: the process must end
   */
  public synchronized void write(Promise next) {
    if (failure != null) {
      throw failure;
    }
    if (!next.equals(promise)) {
      rewrite(next);
    }
  }

  /** The member has come back: its log is whole again. */
  public synchronized void repaired() {
    write(new Promise(promise.term(), promise.vote(), false));
  }

  /** Term and vote have changed, or not. */
  public synchronized void vote(long term, long vote) {
    if (term != promise.term() || vote != promise.vote()) {
      write(new Promise(term, vote, promise.repairing()));
    }
  }

  @Override
  public synchronized void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new StorageFailure("closing " + path + " failed", e);
    }
  }

  private synchronized void rewrite(Promise next) {
    try {
      sequence++;
      for (int block = 0; block < 2; block++) {
        file.write(encode(identity, new Block(sequence, next)), (long) block * BLOCK_BYTES);
        file.sync();
      }
      promise = next;
    } catch (IOException e) {
      failure = new StorageFailure("writing " + path + " failed", e);
      throw failure;
    }
  }

  private static void create(Disk disk, Path path, WalIdentity identity, Promise promise)
      throws IOException {
    Path temporary = path.resolveSibling(path.getFileName() + TEMPORARY_SUFFIX);
    if (disk.exists(temporary)) {
      disk.delete(temporary);
    }
    try (DiskFile file = disk.open(temporary, Disk.Mode.CREATE)) {
      for (int block = 0; block < 2; block++) {
        ByteBuffer whole = ByteBuffer.allocate(BLOCK_BYTES);
        whole.put(encode(identity, new Block(1, promise)));
        file.write(whole.clear(), (long) block * BLOCK_BYTES);
      }
      file.sync();
    }
    disk.rename(temporary, path);
    disk.syncDirectory(path.toAbsolutePath().getParent());
  }

  private static Optional<Block> newest(Path path, DiskFile file, WalIdentity identity)
      throws IOException {
    Optional<Block> newest = Optional.empty();
    for (int block = 0; block < 2; block++) {
      ByteBuffer record = ByteBuffer.allocate(RECORD_BYTES);
      if (file.read(record, (long) block * BLOCK_BYTES) < RECORD_BYTES) {
        continue;
      }
      Optional<Block> found = decode(path, record.flip(), identity);
      if (found.isPresent()
          && (newest.isEmpty() || found.get().sequence() > newest.get().sequence())) {
        newest = found;
      }
    }
    return newest;
  }

  /**
   * Whose file this is; empty when there is none, or none that can be read.
   *
   * @throws StartupException when the disk refuses
   */
  public static Optional<WalIdentity> identity(Disk disk, Path path) {
    try {
      if (!disk.exists(path)) {
        return Optional.empty();
      }
      try (DiskFile file = disk.open(path, Disk.Mode.READ)) {
        for (int block = 0; block < 2; block++) {
          ByteBuffer record = ByteBuffer.allocate(RECORD_BYTES);
          if (file.read(record, (long) block * BLOCK_BYTES) == RECORD_BYTES
              && isWhole(record.flip())) {
            return Optional.of(
                new WalIdentity(record.getLong(2 * Long.BYTES), record.getLong(3 * Long.BYTES)));
          }
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw new StartupException(
          "cannot read " + path + " (" + e + "); check the disk and the file's permissions", e);
    }
  }

  private static boolean isWhole(ByteBuffer record) {
    return record.getInt(RECORD_BYTES - Integer.BYTES) == checksum(record)
        && record.getLong(0) == MAGIC;
  }

  private static ByteBuffer encode(WalIdentity identity, Block block) {
    ByteBuffer record = ByteBuffer.allocate(RECORD_BYTES);
    record.putLong(MAGIC).putLong(block.sequence());
    record.putLong(identity.memberId()).putLong(identity.clusterId());
    record.putLong(block.promise().term()).putLong(block.promise().vote());
    record.putLong(block.promise().repairing() ? REPAIRING : 0);
    return record.putInt(checksum(record)).flip();
  }

  private static Optional<Block> decode(Path path, ByteBuffer record, WalIdentity identity) {
    if (!isWhole(record)) {
      return Optional.empty();
    }
    long sequence = record.position(Long.BYTES).getLong();
    WalIdentity found = new WalIdentity(record.getLong(), record.getLong());
    if (!found.equals(identity)) {
      throw Recovery.belongsToAnother(path, found, identity);
    }
    return Optional.of(
        new Block(
            sequence,
            new Promise(record.getLong(), record.getLong(), record.getLong() == REPAIRING)));
  }

  private static int checksum(ByteBuffer record) {
    CRC32C crc = new CRC32C();
    crc.update(record.array(), 0, RECORD_BYTES - Integer.BYTES);
    return (int) crc.getValue();
  }
}
