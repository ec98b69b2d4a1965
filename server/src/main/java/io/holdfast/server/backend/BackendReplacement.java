package io.holdfast.server.backend;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.error.StartupException;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Exchanges the whole store file for another one that is filled beside it: after a crash there is
 * the old file or the new one, complete. One new file at a time.
 */
public final class BackendReplacement {
  private final Disk disk;
  private final Path file;
  private final Path beside;
  private final BackendOptions options;

  /**
   * Removes what an interrupted replacement has left behind.
   *
   * @param file the live store file
   */
  public BackendReplacement(Disk disk, Path file, BackendOptions options) {
    this.disk = disk;
    this.file = file.toAbsolutePath();
    this.beside = this.file.resolveSibling(this.file.getFileName() + ".new");
    this.options = options;
    removeLeftover();
  }

  /** Adds all records of the new file. */
  @FunctionalInterface
  public interface Filler {
    void fill(BackendLoader loader) throws IOException;
  }

  /**
   * Fills the new file, makes it durable and opens it, beside the live one, which is untouched. Any
   * one thread; may take long.
   *
   * @throws IOException the filler's failure, or the file could not be written: nothing is left
   */
  public Prepared prepare(long appliedIndex, long appliedTerm, Filler filler) throws IOException {
    try {
      removeLeftover();
      try (BackendLoader loader = BackendLoader.create(disk, beside, options)) {
        filler.fill(loader);
        loader.finish(appliedIndex, appliedTerm);
      }
      return new Prepared(Backend.openUnmarked(disk, beside, options));
    } catch (BackendFailure | StartupException | IllegalArgumentException e) {
      throw new IOException("cannot make " + beside + ": " + e.getMessage(), e);
    }
  }

  /** A filled, durable and opened file that waits for its turn. */
  public final class Prepared implements AutoCloseable {
    private final Backend backend;
    private boolean exchanged;

    private Prepared(Backend backend) {
      this.backend = backend;
    }

    public Backend backend() {
      return backend;
    }

    /**
     * Puts the file in the place of the live one, durably. Writing thread of the live one; short.
     *
     * @param live closed as soon as nobody reads it any more
     * @throws BackendFailure when files cannot be exchanged: the process must end
     */
    public void exchange(Backend live) {
      try {
        // The mark is the live file's; the other one is complete, and needs none until it changes.
        new SyncedMark(disk, file).forget();
        disk.rename(beside, file);
        disk.syncDirectory(file.getParent());
      } catch (IOException e) {
        throw new BackendFailure("cannot put " + beside + " in the place of " + file, e);
      }
      exchanged = true;
      backend.renamed(file, disk);
      live.retire();
    }

    /** Unless it was exchanged, closes and removes the file. */
    @Override
    public void close() {
      if (!exchanged) {
        exchanged = true;
        backend.abandon();
        removeLeftover();
      }
    }
  }

  private void removeLeftover() {
    try {
      if (disk.exists(beside)) {
        disk.delete(beside);
      }
    } catch (IOException e) {
      throw new BackendFailure("cannot remove unfinished store file " + beside, e);
    }
  }
}
