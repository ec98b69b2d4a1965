package io.holdfast.server.backend;

import io.holdfast.server.disk.Disk;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Exchanges the whole store file for another one that is filled beside it: after a crash there is
 * the old file or the new one, complete. Used by the writing thread.
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
   * Fills the new file, makes it durable, closes the live one and puts the new one in its place.
   *
   * @param live the opened live file; closed when this returns normally
   * @return the new file, opened
   * @throws IOException the filler's failure; the live file is untouched and still open
   * @throws BackendFailure when files cannot be exchanged: the process must end
   */
  public Backend replace(Backend live, long appliedIndex, long appliedTerm, Filler filler)
      throws IOException {
    removeLeftover();
    try (BackendLoader loader = BackendLoader.create(disk, beside, options)) {
      filler.fill(loader);
      loader.finish(appliedIndex, appliedTerm);
    }
    live.close();
    exchange();
    return Backend.open(disk, file, options);
  }

  private void exchange() {
    try {
      disk.rename(beside, file);
      disk.syncDirectory(file.getParent());
    } catch (IOException e) {
      throw new BackendFailure("cannot put " + beside + " in the place of " + file, e);
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
