package io.holdfast.server.snapshot;

import java.io.IOException;

/** A snapshot stream is cut, altered or not what it was announced to be. Nothing of it is used. */
public final class SnapshotDamagedException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * @param part which part does not check out: header, a record by its number, footer, and what a
   *     file adds to them
   */
  public SnapshotDamagedException(String part, String what) {
    super("snapshot damaged in its " + part + ": " + what);
  }
}
