package io.holdfast.server.backend;

import java.nio.file.Path;

/** Fills a fresh store file beside the live one from a snapshot's records. One thread. */
public final class BackendLoader implements AutoCloseable {
  private BackendLoader() {}

  /** Begins a new file; an existing one at the path is refused. */
  public static BackendLoader create(Path file, BackendOptions options) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Adds a record; those of the revision map must come in order. */
  public void add(StoredRecord record) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Commits, syncs and closes the file: it can be renamed into place and opened. */
  public void finish(long appliedIndex, long appliedTerm) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Without {@link #finish} before, removes the file. */
  @Override
  public void close() {
    throw new UnsupportedOperationException("not built yet");
  }
}
