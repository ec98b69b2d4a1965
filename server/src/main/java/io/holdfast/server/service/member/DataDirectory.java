package io.holdfast.server.service.member;

import io.holdfast.server.error.StartupException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Where a member keeps everything durable, in etcd's layout: {@code member/wal} for the log, {@code
 * member/snap} for the store ({@code db}) and for snapshots on their way in. Readable by the owner
 * only. A lock file keeps a second process out for as long as this one lives.
 */
final class DataDirectory implements AutoCloseable {
  private final Path wal;
  private final Path snap;
  private final FileChannel lockChannel;

  private DataDirectory(Path wal, Path snap, FileChannel lockChannel) {
    this.wal = wal;
    this.snap = snap;
    this.lockChannel = lockChannel;
  }

  /**
   * Creates what is missing and takes the lock.
   *
   * @throws StartupException when the directory cannot be used, or is in use
   */
  static DataDirectory open(MemberConfig config) {
    Path member = config.dataDirectory().resolve("member");
    Path snap = member.resolve("snap");
    Path wal = config.walDirectory().orElse(member.resolve("wal"));
    try {
      createPrivate(config.dataDirectory());
      createPrivate(member);
      createPrivate(snap);
      createPrivate(wal);
      return new DataDirectory(wal, snap, lock(config.dataDirectory(), member.resolve("lock")));
    } catch (IOException e) {
      throw new StartupException(
          "cannot use the data directory "
              + config.dataDirectory()
              + " ("
              + e
              + "): give a writable one with --data-dir",
          e);
    }
  }

  Path wal() {
    return wal;
  }

  Path snap() {
    return snap;
  }

  /** The store's file. */
  Path store() {
    return snap.resolve("db");
  }

  @Override
  public void close() throws IOException {
    lockChannel.close();
  }

  private static void createPrivate(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    boolean posix = directory.getFileSystem().supportedFileAttributeViews().contains("posix");
    if (posix) {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } else {
      Files.createDirectories(directory);
    }
    Path parent = directory.toAbsolutePath().getParent();
    if (parent != null) {
      try (FileChannel channel = FileChannel.open(parent, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private static FileChannel lock(Path dataDirectory, Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      channel.close();
      throw new StartupException(
          "the data directory "
              + dataDirectory
              + " is in use by another process: stop that one, or give another --data-dir");
    }
    return channel;
  }
}
