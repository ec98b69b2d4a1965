package io.holdfast.server.cli;

import io.holdfast.driver.Bytes;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The standard output in bytes, as keys and values are; nothing is decoded on the way. */
final class Output implements AutoCloseable {
  private final OutputStream stream =
      new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16);

  void line(Bytes content) {
    line(content.toByteArray());
  }

  void line(String text) {
    line(text.getBytes(StandardCharsets.UTF_8));
  }

  private void line(byte[] content) {
    try {
      stream.write(content);
      stream.write('\n');
    } catch (IOException closed) {
      throw new UncheckedIOException("the output is closed", closed);
    }
  }

  void flush() {
    try {
      stream.flush();
    } catch (IOException closed) {
      throw new UncheckedIOException("the output is closed", closed);
    }
  }

  /** Flushes; the stream itself belongs to the process. */
  @Override
  public void close() {
    flush();
  }
}
