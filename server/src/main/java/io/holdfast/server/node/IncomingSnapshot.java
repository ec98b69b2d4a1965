package io.holdfast.server.node;

import java.io.IOException;

/** A snapshot that is being received into a temporary file. Used by one thread. */
public interface IncomingSnapshot {
  /** Appends the next bytes of the stream. */
  void write(byte[] bytes, int offset, int length) throws IOException;

  /**
   * Verifies every checksum, the metadata and the end mark, then makes the file durable under its
   * final name (fsync, rename, fsync of the directory).
   *
   * @throws IOException the stream is damaged, incomplete or not the announced one; the temporary
   *     file is gone
   */
  ReceivedSnapshot complete() throws IOException;

  /** Gives up and removes the temporary file; harmless after {@link #complete}. */
  void abort();
}
