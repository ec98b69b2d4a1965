package io.holdfast.server.backend;

import io.holdfast.server.error.StartupException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;

/**
 * Opening of the file: its rights, its first bytes, and what to tell the operator when it fails.
 */
final class StoreFile {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");
  private static final byte[] MAGIC = "H:2,".getBytes(StandardCharsets.US_ASCII);
  private static final long HEADER_BYTES = 2 * 4096L;

  private StoreFile() {}

  /**
   * Opens or creates the file. An existing file that does not begin like a store is left as it is.
   *
   * @throws StartupException when the file cannot be used
   */
  static MVStore open(Path file, BackendOptions options) {
    boolean created = prepare(file);
    try {
      MVStore store =
          new MVStore.Builder()
              .fileName(file.toString())
              .autoCommitDisabled()
              .autoCommitBufferSize(0)
              .cacheSize(megabytes(options.pageCacheBytesMax()))
              .cacheConcurrency(4)
              .open();
      store.setRetentionTime(options.retentionMillis());
      if (created) {
        syncDirectory(file);
      }
      return store;
    } catch (MVStoreException e) {
      if (e.getErrorCode() == DataUtils.ERROR_FILE_LOCKED) {
        throw new StartupException(
            "store file " + file + " is in use by another process: stop that one first", e);
      }
      throw damaged(file, e);
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

  static StartupException damaged(Path file, Throwable cause) {
    String reason = String.valueOf(cause.getMessage()).lines().findFirst().orElse("no detail");
    return new StartupException(
        "store file "
            + file
            + " is damaged or not a store file ("
            + reason
            + "): move it away, the member then rebuilds it from its snapshot and log",
        cause);
  }

  static void syncDirectory(Path file) {
    Path directory = file.toAbsolutePath().getParent();
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      throw new StartupException("cannot sync directory " + directory + ": " + reason(e), e);
    }
  }

  /** Makes sure that an own, private file is there; tells whether it has just been created. */
  private static boolean prepare(Path file) {
    try {
      if (!Files.exists(file)) {
        Files.createFile(file, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        return true;
      }
      if (!Files.isRegularFile(file) || !Files.isReadable(file) || !Files.isWritable(file)) {
        throw new StartupException(
            "store file "
                + file
                + " is not a file this process may read and write: mend its type,"
                + " owner or mode");
      }
      checkBeginning(file);
      if (!Files.getPosixFilePermissions(file).equals(OWNER_ONLY)) {
        Files.setPosixFilePermissions(file, OWNER_ONLY);
      }
      return false;
    } catch (IOException e) {
      throw new StartupException("cannot open store file " + file + ": " + reason(e), e);
    }
  }

  private static void checkBeginning(Path file) throws IOException {
    long size = Files.size(file);
    if (size == 0) {
      return;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      // The header stands twice, a block each; either copy will do.
      if (size < HEADER_BYTES || !(hasMagic(channel, 0) || hasMagic(channel, HEADER_BYTES / 2))) {
        throw damaged(file, new IOException("it does not begin as one"));
      }
    }
  }

  private static boolean hasMagic(FileChannel channel, long position) throws IOException {
    ByteBuffer beginning = ByteBuffer.allocate(MAGIC.length);
    channel.read(beginning, position);
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
