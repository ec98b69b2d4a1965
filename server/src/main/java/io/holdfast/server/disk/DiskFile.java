package io.holdfast.server.disk;

import java.io.IOException;
import java.nio.ByteBuffer;

/** One open file of a {@link Disk}. Positions and sizes are in bytes. */
public interface DiskFile extends AutoCloseable {

  /**
   * Reads until {@code target} is full or the file ends.
   *
   * @return how many bytes were read; fewer than asked only at the end of the file
   */
  int read(ByteBuffer target, long position) throws IOException;

  /**
   * Writes all of {@code source}, in one system call where the system takes it in one.
   *
   * @throws NoSpaceException when there is no room; a part may be written
   */
  void write(ByteBuffer source, long position) throws IOException;

  /** Makes the content (and the size) durable: {@code fdatasync}. */
  void sync() throws IOException;

  long size() throws IOException;

  /** Cuts the file to {@code sizeBytes}. */
  void truncate(long sizeBytes) throws IOException;

  @Override
  void close() throws IOException;
}
