package io.holdfast.server.backend;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import io.holdfast.server.error.DamagedStorageException;
import io.holdfast.server.error.StartupException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.h2.mvstore.MVStore;

/**
 * Opening of the file: its rights, its first bytes, and what to tell the operator when it fails.
 */
final class StoreFile {
  private static final byte[] MAGIC = "H:2,".getBytes(StandardCharsets.US_ASCII);
  private static final long HEADER_BYTES = 2 * 4096L;

  private StoreFile() {}

  /**
   * Opens or creates the file. An existing file that does not begin like a store is left as it is.
   *
   * @param mark what was synced last; empty for a file that keeps no mark
   * @throws StartupException when the file cannot be used
   */
  static MVStore open(Disk disk, Path file, Optional<SyncedMark> mark, BackendOptions options) {
    prepare(disk, file);
    // Also for a file that was there: who created or renamed it may have been killed before this.
    syncDirectory(disk, file);
    try {
      MVStore store =
          open(
              DiskFileStore.open(
                  disk, file, options.retentionMillis() == 0, mark, settings(options)));
      store.setRetentionTime(options.retentionMillis());
      return store;
    } catch (Disk.LockedException e) {
      throw new StartupException(
          "store file " + file + " is in use by another process: stop that one first", e);
    } catch (IOException e) {
      throw new StartupException("cannot open store file " + file + ": " + reason(e), e);
    } catch (RuntimeException | AssertionError e) {
      // A damaged length or pointer may lead the reader anywhere.
      throw damaged(file, e);
    } catch (OutOfMemoryError e) {
      throw new StartupException(
          "not enough memory to open store file "
              + file
              + ": give the process more; if it has"
              + " enough, the file is damaged and must be moved away",
          e);
    }
  }

  private static MVStore open(DiskFileStore fileStore) {
    try {
      return new MVStore.Builder()
          .adoptFileStore(fileStore)
          .autoCommitDisabled()
          .autoCommitBufferSize(0)
          .open();
    } catch (RuntimeException | Error e) {
      fileStore.close();
      throw e;
    }
  }

  /** What MVStore's file stores read their page cache's size from. */
  private static Map<String, Object> settings(BackendOptions options) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("cacheSize", megabytes(options.pageCacheBytesMax()));
    settings.put("cacheConcurrency", 4);
    return settings;
  }

  static StartupException damaged(Path file, Throwable cause) {
    String reason = String.valueOf(cause.getMessage()).lines().findFirst().orElse("no detail");
    return new DamagedStorageException(
        "store file " + file + " is damaged or not a store file (" + reason + ")",
        ": move it away, the member then rebuilds it from its snapshot and log",
        cause);
  }

  private static void syncDirectory(Disk disk, Path file) {
    Path directory = file.toAbsolutePath().getParent();
    try {
      disk.syncDirectory(directory);
    } catch (IOException e) {
      throw new StartupException("cannot sync directory " + directory + ": " + reason(e), e);
    }
  }

  /** Makes sure that an own, private file is there. */
  private static void prepare(Disk disk, Path file) {
    try {
      if (!disk.exists(file)) {
        disk.open(file, Disk.Mode.CREATE).close();
        return;
      }
      try (DiskFile existing = openForWriting(disk, file)) {
        checkBeginning(file, existing);
      }
      disk.restrictToOwner(file);
    } catch (IOException e) {
      throw new StartupException("cannot open store file " + file + ": " + reason(e), e);
    }
  }

  private static DiskFile openForWriting(Disk disk, Path file) {
    try {
      return disk.open(file, Disk.Mode.WRITE);
    } catch (IOException e) {
      throw new StartupException(
          "store file "
              + file
              + " is not a file this process may read and write ("
              + reason(e)
              + "): mend its type, owner or mode",
          e);
    }
  }

  private static void checkBeginning(Path file, DiskFile content) throws IOException {
    long size = content.size();
    // The header stands twice, a block each; either copy will do.
    if (size > 0
        && (size < HEADER_BYTES
            || !(hasMagic(content, 0) || hasMagic(content, HEADER_BYTES / 2)))) {
      throw damaged(file, new IOException("it does not begin as one"));
    }
  }

  private static boolean hasMagic(DiskFile content, long position) throws IOException {
    ByteBuffer beginning = ByteBuffer.allocate(MAGIC.length);
    content.read(beginning, position);
    return ByteBuffer.wrap(MAGIC).equals(beginning.flip());
  }

  private static String reason(IOException e) {
    String reason = e instanceof FileSystemException f ? f.getReason() : e.getMessage();
    return reason == null ? e.getClass().getSimpleName() : reason;
  }

  private static int megabytes(long bytes) {
    return (int) Math.min(Integer.MAX_VALUE, bytes >> 20);
  }
}
