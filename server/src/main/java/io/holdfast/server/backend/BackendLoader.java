package io.holdfast.server.backend;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.error.StartupException;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Fills a fresh store file beside the live one from a snapshot's records. Until {@link #finish} the
 * file has no valid commit record and {@link Backend#open} refuses it, so a half-loaded file is
 * never taken for a store. One thread.
 */
public final class BackendLoader implements AutoCloseable {
  private static final long FLUSH_BYTES = 4L << 20;

  private final Disk disk;
  private final Path file;
  private final Backend backend;
  private long bytesSinceFlush;
  private long lastMain = Long.MIN_VALUE;
  private int lastSub;
  private boolean finished;

  private BackendLoader(Disk disk, Path file, Backend backend) {
    this.disk = disk;
    this.file = file;
    this.backend = backend;
  }

  /**
   * Begins a new file.
   *
   * @throws StartupException when there is a file already, or none can be made
   */
  public static BackendLoader create(Disk disk, Path file, BackendOptions options) {
    try {
      if (disk.exists(file)) {
        throw new StartupException("store file " + file + " is there already: remove it first");
      }
    } catch (IOException e) {
      throw new StartupException("cannot look for store file " + file + " (" + e + ")", e);
    }
    return new BackendLoader(disk, file, Backend.openUnmarked(disk, file, options));
  }

  /**
   * Adds a record.
   *
   * @throws IllegalArgumentException when it does not fit: a bad bucket name, revisions out of
   *     order
   */
  public void add(StoredRecord record) {
    if (record.bucket().equals(RevisionMap.NAME)) {
      RevisionKey key = RevisionKey.fromBytes(record.key());
      if (key.main() < lastMain || key.main() == lastMain && key.sub() <= lastSub) {
        throw new IllegalArgumentException(
            "revision "
                + key.main()
                + "."
                + key.sub()
                + " comes after "
                + lastMain
                + "."
                + lastSub);
      }
      lastMain = key.main();
      lastSub = key.sub();
      backend.revisions().append(key.main(), key.sub(), record.value());
    } else {
      backend.bucket(record.bucket()).put(record.key(), record.value());
    }
    bytesSinceFlush += record.key().length + record.value().length;
    if (bytesSinceFlush >= FLUSH_BYTES) {
      backend.flushIncomplete();
      bytesSinceFlush = 0;
    }
  }

  /**
   * Commits with the snapshot's position, syncs and closes: the file can be renamed into place, its
   * directory synced, and the file opened.
   */
  public void finish(long appliedIndex, long appliedTerm) {
    backend.commit(appliedIndex, appliedTerm);
    backend.sync();
    backend.close();
    finished = true;
  }

  /** Without {@link #finish} before, removes the file. */
  @Override
  public void close() {
    if (finished) {
      return;
    }
    backend.abandon();
    try {
      if (disk.exists(file)) {
        disk.delete(file);
      }
    } catch (IOException e) {
      throw new BackendFailure("cannot remove unfinished store file " + file, e);
    }
  }
}
