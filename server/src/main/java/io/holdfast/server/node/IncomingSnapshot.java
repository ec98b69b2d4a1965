package io.holdfast.server.node;

import java.io.IOException;
import java.util.List;

/**
 * A snapshot that is being received into a temporary file, which may hold the beginning already:
 * what an interrupted transfer brought stays, over restarts too. Used by one thread.
 */
public interface IncomingSnapshot {
  /**
   * Beginnings of the stream that are here already, shortest first; a sender compares them with its
   * own stream. Empty when there is nothing, and after the first {@link #write}.
   *
   * @throws IOException what is there could not be read
   */
  List<HeldPrefix> held() throws IOException;

  /**
   * Forgets all behind the first so many bytes; what is written next goes there. To be called once,
   * before the first {@link #write}.
   *
   * @param bytes the length of one of the {@link #held} prefixes, or 0
   */
  void resumeAt(long bytes) throws IOException;

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

  /** Stops and keeps what has arrived for another attempt; harmless after {@link #complete}. */
  void suspend();

  /** Gives up and removes the temporary file; harmless after {@link #complete}. */
  void abort();
}
