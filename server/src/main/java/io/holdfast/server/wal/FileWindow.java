package io.holdfast.server.wal;

import io.holdfast.server.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A stretch of a file held in memory that moves forward as the file is read. */
final class FileWindow {
  private final DiskFile file;
  private final long fileBytes;
  private ByteBuffer buffer;
  private long start;
  private int held;

  FileWindow(DiskFile file, long fileBytes, int windowBytes) {
    this.file = file;
    this.fileBytes = fileBytes;
    this.buffer = Format.heap(windowBytes);
  }

  /** The buffer in which {@link #offset} is valid until the next call of {@link #offset}. */
  ByteBuffer buffer() {
    return buffer;
  }

  /**
   * Brings a stretch of the file into memory.
   *
   * @return where it begins in the buffer
   * @throws Damage when the file ends before it; the caller has checked the size, so it shrank
   */
  int offset(long position, int bytes) throws IOException, Damage {
    if (position < start || position + bytes > start + held) {
      load(position, bytes);
    }
    return (int) (position - start);
  }

  private void load(long position, int bytes) throws IOException, Damage {
    if (bytes > buffer.capacity()) {
      buffer = Format.heap(bytes);
    }
    buffer.clear().limit((int) Math.min(buffer.capacity(), fileBytes - position));
    start = position;
    held = file.read(buffer, position);
    buffer.clear();
    if (held < bytes) {
      throw new Damage(position + held, "the file ends here, though it was longer before");
    }
  }
}
