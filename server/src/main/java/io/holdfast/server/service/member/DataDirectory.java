package io.holdfast.server.service.member;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import io.holdfast.server.error.StartupException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Where a member keeps everything durable, in etcd's layout: {@code member/wal} for the log, {@code
 * member/vote} for term and vote once more, {@code member/snap} for the store ({@code db}) and for
 * snapshots on their way in. Readable by the owner only. A lock file keeps a second process out for
 * as long as this one lives.
 */
final class DataDirectory implements AutoCloseable {
  private final Path member;
  private final Path wal;
  private final Path snap;
  private final AutoCloseable lock;

  private DataDirectory(Path member, Path wal, Path snap, AutoCloseable lock) {
    this.member = member;
    this.wal = wal;
    this.snap = snap;
    this.lock = lock;
  }

  /**
   * Creates what is missing and takes the lock.
   *
   * @throws StartupException when the directory cannot be used, or is in use
   */
  static DataDirectory open(Disk disk, MemberConfig config) {
    Path member = config.dataDirectory().resolve("member");
    Path snap = member.resolve("snap");
    Path wal = walOf(config);
    try {
      createPrivate(disk, config.dataDirectory());
      createPrivate(disk, member);
      createPrivate(disk, snap);
      createPrivate(disk, wal);
      // Also for what was there: who created it may have been killed before he could do this.
      disk.syncDirectory(config.dataDirectory());
      disk.syncDirectory(member);
      return new DataDirectory(
          member, wal, snap, lock(disk, config.dataDirectory(), member.resolve("lock")));
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

  /** Where a configuration puts the log; nothing is created. */
  static Path walOf(MemberConfig config) {
    return config.walDirectory().orElse(config.dataDirectory().resolve("member").resolve("wal"));
  }

  Path wal() {
    return wal;
  }

  Path snap() {
    return snap;
  }

  /** Holds space for the day when the disk is full. */
  Path reserve() {
    return snap.resolveSibling("reserve");
  }

  /** Term and vote, kept beside the log. */
  Path votes() {
    return member.resolve("vote");
  }

  /** Where a configuration puts the vote file; nothing is created. */
  static Path votesOf(MemberConfig config) {
    return config.dataDirectory().resolve("member").resolve("vote");
  }

  /** The store's file. */
  Path store() {
    return snap.resolve("db");
  }

  /** Is there when the store must not be used, with the reason. */
  Path condemned() {
    return snap.resolve("db.condemned");
  }

  /** Leaves a durable note that the store must not be used by the next start. */
  void condemnStore(Disk disk, String why) throws IOException {
    if (!disk.exists(condemned())) {
      try (DiskFile note = disk.open(condemned(), Disk.Mode.CREATE)) {
        note.write(ByteBuffer.wrap((why + "\n").getBytes(StandardCharsets.UTF_8)), 0);
        note.sync();
      }
    }
    disk.syncDirectory(snap);
  }

  @Override
  public void close() throws Exception {
    lock.close();
  }

  private static void createPrivate(Disk disk, Path directory) throws IOException {
    if (disk.exists(directory)) {
      return;
    }
    Path parent = directory.toAbsolutePath().getParent();
    if (parent != null) {
      createPrivate(disk, parent);
    }
    disk.createDirectory(directory);
    if (parent != null) {
      disk.syncDirectory(parent);
    }
  }

  private static AutoCloseable lock(Disk disk, Path dataDirectory, Path file) throws IOException {
    try {
      return disk.lock(file);
    } catch (Disk.LockedException e) {
      throw new StartupException(
          "the data directory "
              + dataDirectory
              + " is in use by another process: stop that one, or give another --data-dir",
          e);
    }
  }
}
