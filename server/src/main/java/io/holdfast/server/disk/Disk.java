package io.holdfast.server.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The calls by which the log and the snapshot files reach the file system, and no others: each one
 * can fail, and each one is a place where a power cut can strike. {@link RealDisk} is the operating
 * system's; tests put in its place a disk that fails at a chosen call or forgets what was not
 * synced.
 *
 * <p>What survives a power cut: file content up to the last {@link DiskFile#sync}; a created,
 * renamed or deleted name from the next {@link #syncDirectory} of its directory.
 *
 * <p>Thread-safe; two threads never write the same file at once.
 */
public interface Disk {

  /** How a file is opened. */
  enum Mode {
    /** Must exist; reading only. */
    READ,
    /** Must exist; reading and writing. */
    WRITE,
    /** Must not exist; created empty, readable by its owner alone (0600). */
    CREATE
  }

  /** True when the path names a file or a directory. */
  boolean exists(Path path) throws IOException;

  /** The names in a directory, sorted. */
  List<String> list(Path directory) throws IOException;

  /** Creates one directory, readable by its owner alone (0700); its parent must exist. */
  void createDirectory(Path directory) throws IOException;

  /**
   * @throws IOException when the file is missing ({@code READ}, {@code WRITE}) or exists already
   *     ({@code CREATE})
   */
  DiskFile open(Path file, Mode mode) throws IOException;

  /** Sees to it that a file can be read and written by its owner alone (0600). */
  void restrictToOwner(Path file) throws IOException;

  /** Renames atomically, replacing the target when it exists; both in the same directory. */
  void rename(Path from, Path to) throws IOException;

  /** Deletes a file. */
  void delete(Path file) throws IOException;

  /** Makes the names in this directory durable. */
  void syncDirectory(Path directory) throws IOException;

  /**
   * Takes the lock that {@code file} stands for, creating it when missing. Held until closed or
   * until the process ends, however it ends.
   *
   * @throws LockedException when another holder, in this process or another, has it
   */
  AutoCloseable lock(Path file) throws IOException;

  /**
   * What can still be written to the disk that a directory is on; {@link Long#MAX_VALUE} when it is
   * never full. Cheap enough to be asked several times a second.
   */
  default long usableBytes(Path directory) {
    return Long.MAX_VALUE;
  }

  /** The size of the disk that a directory is on; {@link Long#MAX_VALUE} when it is never full. */
  default long totalBytes(Path directory) {
    return Long.MAX_VALUE;
  }

  /**
   * The same disk for files that can be done without: when there is no room for them, nothing is
   * given up to make some.
   */
  default Disk forDispensables() {
    return this;
  }

  /** The lock is held by someone else. */
  final class LockedException extends IOException {
    private static final long serialVersionUID = 1L;

    public LockedException(Path file) {
      super(file + " is locked by another process");
    }
  }
}
