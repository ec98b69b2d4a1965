package io.holdfast.server.backend;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.ZipOutputStream;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVStoreException;
import org.h2.mvstore.RandomAccessStore;
import org.h2.mvstore.SFChunk;

/**
 * Where MVStore keeps its file: on a {@link Disk}, like the log and the snapshots, so that every
 * call which can fail or be cut short passes the same seam. MVStore's own file store does the same
 * through a file channel of its own.
 */
final class DiskFileStore extends RandomAccessStore {
  private static final long FAR_FUTURE_MILLIS = 1L << 45;

  private final Path path;
  private final DiskFile file;
  private final AutoCloseable lock;
  private final boolean timeless;
  private boolean open = true;

  private DiskFileStore(
      Path path, DiskFile file, AutoCloseable lock, boolean timeless, Map<String, Object> settings) {
    super(settings);
    this.timeless = timeless;
    this.path = path;
    this.file = file;
    this.lock = lock;
  }

  /**
   * Opens an existing file and takes its lock.
   *
   * @param timeless whether replaced chunks are free at once: then times play no part and none are
   *     written, so the same writes always make the same file
   * @param settings MVStore's own, for its page cache
   * @throws Disk.LockedException when somebody else has the file open
   */
  static DiskFileStore open(
      Disk disk, Path path, boolean timeless, Map<String, Object> settings) throws IOException {
    AutoCloseable lock = disk.lock(path);
    try {
      DiskFileStore store =
          new DiskFileStore(path, disk.open(path, Disk.Mode.WRITE), lock, timeless, settings);
      store.init(path.toString(), false);
      store.setSize(store.file.size());
      return store;
    } catch (IOException | RuntimeException | Error e) {
      release(lock, e);
      throw e;
    }
  }

  @Override
  public void open(String fileName, boolean readOnly, char[] encryptionKey) {
    throw new UnsupportedOperationException("the file is open from the start");
  }

  @Override
  public RandomAccessStore open(String fileName, boolean readOnly) {
    throw new UnsupportedOperationException("the file is never copied from within");
  }

  /** Later than now when times play no part: all that happens, happens at 0 ms. */
  @Override
  public long getCreationTime() {
    return timeless ? FAR_FUTURE_MILLIS : super.getCreationTime();
  }

  @Override
  public ByteBuffer readFully(SFChunk chunk, long position, int bytes) {
    ByteBuffer target = ByteBuffer.allocate(bytes);
    try {
      if (file.read(target, position) < bytes) {
        throw failure(
            DataUtils.ERROR_READING_FAILED, "reading " + bytes + " bytes at " + position, null);
      }
    } catch (IOException e) {
      throw failure(
          DataUtils.ERROR_READING_FAILED, "reading " + bytes + " bytes at " + position, e);
    }
    readCount.incrementAndGet();
    readBytes.addAndGet(bytes);
    return target.flip();
  }

  @Override
  protected void writeFully(SFChunk chunk, long position, ByteBuffer source) {
    int bytes = source.remaining();
    setSize(Math.max(size(), position + bytes));
    try {
      file.write(source, position);
    } catch (IOException e) {
      throw failure(
          DataUtils.ERROR_WRITING_FAILED, "writing " + bytes + " bytes at " + position, e);
    }
    writeCount.incrementAndGet();
    writeBytes.addAndGet(bytes);
  }

  @Override
  public void sync() {
    if (!open) {
      return;
    }
    try {
      file.sync();
    } catch (IOException e) {
      throw failure(DataUtils.ERROR_WRITING_FAILED, "syncing", e);
    }
  }

  @Override
  protected void truncate(long sizeBytes) {
    try {
      writeCount.incrementAndGet();
      file.truncate(sizeBytes);
      setSize(Math.min(size(), sizeBytes));
    } catch (IOException e) {
      throw failure(DataUtils.ERROR_WRITING_FAILED, "cutting to " + sizeBytes + " bytes", e);
    }
  }

  @Override
  public void backup(ZipOutputStream out) {
    throw new UnsupportedOperationException("snapshots are streams of records");
  }

  @Override
  public void close() {
    if (!open) {
      return;
    }
    open = false;
    try {
      file.close();
      lock.close();
    } catch (Exception e) {
      throw failure(DataUtils.ERROR_WRITING_FAILED, "closing", e);
    } finally {
      super.close();
    }
  }

  private MVStoreException failure(int code, String what, Exception cause) {
    String reason = cause == null ? "it is too short" : String.valueOf(cause.getMessage());
    return DataUtils.newMVStoreException(code, "{0} of {1} failed: {2}", what, path, reason, cause);
  }

  private static void release(AutoCloseable lock, Throwable reason) {
    try {
      lock.close();
    } catch (Exception e) {
      reason.addSuppressed(e);
    }
  }
}
