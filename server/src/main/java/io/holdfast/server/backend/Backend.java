package io.holdfast.server.backend;

import java.nio.file.Path;

/** The store file: being moved in; its signatures are settled, its body follows. */
public final class Backend implements AutoCloseable {
  private Backend() {}

  /** Opens the file, creating it when missing. */
  public static Backend open(Path file, BackendOptions options) {
    throw new UnsupportedOperationException("not built yet");
  }

  public RevisionMap revisions() {
    throw new UnsupportedOperationException("not built yet");
  }

  public Bucket bucket(String name) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Makes all writes so far one version of the file, with the applied index; not yet durable. */
  public void commit(long appliedIndex, long appliedTerm) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Makes the last commit durable. Any thread. */
  public void sync() {
    throw new UnsupportedOperationException("not built yet");
  }

  /** The log index of the last commit, 0 for none. Any thread. */
  public long appliedIndex() {
    throw new UnsupportedOperationException("not built yet");
  }

  public long appliedTerm() {
    throw new UnsupportedOperationException("not built yet");
  }

  /** The log index of the last commit that is durable: the log may be cut below it. Any thread. */
  public long syncedAppliedIndex() {
    throw new UnsupportedOperationException("not built yet");
  }

  public BackendSnapshot snapshot() {
    throw new UnsupportedOperationException("not built yet");
  }

  public long sizeBytes() {
    throw new UnsupportedOperationException("not built yet");
  }

  public long sizeInUseBytes() {
    throw new UnsupportedOperationException("not built yet");
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException("not built yet");
  }
}
