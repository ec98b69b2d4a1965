package io.holdfast.server.backend;

import io.holdfast.server.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The line of text with which MVStore begins each chunk of its file. */
final class ChunkHeader {
  private static final int BYTES_MAX = 1024;
  private static final String BEGINNING = "chunk:";

  private ChunkHeader() {}

  /** The line at a position; empty when no chunk begins there. */
  static String text(DiskFile file, long position) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES_MAX);
    int read = file.read(bytes, position);
    String text = new String(bytes.array(), 0, read, StandardCharsets.ISO_8859_1);
    int end = text.indexOf('\n');
    return end < 0 || !text.startsWith(BEGINNING) ? "" : text.substring(0, end);
  }

  /** A field of the line; -1 when it is not there. */
  static long field(String header, String name) {
    for (String field : header.trim().split(",")) {
      if (field.startsWith(name + ":")) {
        try {
          return Long.parseLong(field.substring(name.length() + 1), 16);
        } catch (NumberFormatException e) {
          return -1;
        }
      }
    }
    return -1;
  }
}
