package io.holdfast.server.service;

import java.io.IOException;
import java.io.OutputStream;

/**
 * A member's whole state at one moment, pinned until it is closed; meanwhile the store's file
 * cannot use the space again that this state needs. Used by one thread, which may block.
 */
public interface Backup extends AutoCloseable {
  /** With the revision of the state. */
  ResponseHeader header();

  /** The etcd version that is told to clients. */
  String version();

  /**
   * How many bytes {@link #writeTo} writes, exactly; reads the whole state to find out.
   *
   * @throws IOException the state could not be read
   */
  long sizeBytes() throws IOException;

  /**
   * Writes the backup.
   *
   * @param out not closed
   * @throws IOException the stream's failure, passed on
   */
  void writeTo(OutputStream out) throws IOException;

  /** Releases the state; may be called more than once. */
  @Override
  void close();
}
