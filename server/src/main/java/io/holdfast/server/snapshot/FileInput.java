package io.holdfast.server.snapshot;

import io.holdfast.server.disk.DiskFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** A file as a stream, from its beginning up to a limit; does not close it. One thread. */
public final class FileInput extends InputStream {
  private final DiskFile file;
  private final long limit;
  private long position;

  FileInput(DiskFile file) {
    this(file, Long.MAX_VALUE);
  }

  /**
   * @param limit bytes of the file that belong to the stream; a shorter file ends it earlier
   */
  public FileInput(DiskFile file, long limit) {
    this.file = file;
    this.limit = limit;
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
    int wanted = (int) Math.min(length, limit - position);
    int read = wanted == 0 ? 0 : file.read(ByteBuffer.wrap(target, offset, wanted), position);
    position += read;
    return read == 0 ? -1 : read;
  }
}
