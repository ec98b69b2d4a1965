package io.holdfast.server.backup;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;

/** Counts and digests what passes. */
final class DigestedOutput extends FilterOutputStream {
  private final MessageDigest digest = BackupFormat.sha256();
  private long bytes;

  DigestedOutput(OutputStream out) {
    super(out);
  }

  long bytes() {
    return bytes;
  }

  byte[] digest() {
    return digest.digest();
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] data, int offset, int length) throws IOException {
    out.write(data, offset, length);
    digest.update(data, offset, length);
    bytes += length;
  }
}
