package io.holdfast.server.snapshot;

import io.holdfast.server.disk.DiskFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** A file as a stream, from its beginning; does not close it. */
final class FileInput extends InputStream {
  private final DiskFile file;
  private long position;

  FileInput(DiskFile file) {
    this.file = file;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    int read = file.read(ByteBuffer.wrap(target, offset, length), position);
    position += read;
    return read == 0 ? -1 : read;
  }
}
