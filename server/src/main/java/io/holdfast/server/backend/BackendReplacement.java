package io.holdfast.server.backend;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Exchanges the whole store file for another one that is filled beside it: after a crash there is
 * the old file or the new one, complete. Used by the writing thread.
 */
public final class BackendReplacement {
  private final Path file;
  private final Path beside;
  private final BackendOptions options;

  /**
   * Removes what an interrupted replacement has left behind.
   *
   * @param file the live store file
   */
  public BackendReplacement(Path file, BackendOptions options) {
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
    try (BackendLoader loader = BackendLoader.create(beside, options)) {
      filler.fill(loader);
      loader.finish(appliedIndex, appliedTerm);
    }
    live.close();
    exchange();
    return Backend.open(file, options);
  }

  private void exchange() {
    try {
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      try (FileChannel directory = FileChannel.open(file.getParent(), StandardOpenOption.READ)) {
        directory.force(true);
      }
    } catch (IOException e) {
      throw new BackendFailure("cannot put " + beside + " in the place of " + file, e);
    }
  }

  private void removeLeftover() {
    try {
      Files.deleteIfExists(beside);
    } catch (IOException e) {
      throw new BackendFailure("cannot remove unfinished store file " + beside, e);
    }
  }
}
