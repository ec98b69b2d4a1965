package io.holdfast.server.backend;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * What each version of the file says of itself, written in the same commit as the data: the log
 * position it reflects, and the tally of each bucket.
 */
record CommitRecord(long appliedIndex, long appliedTerm, Map<String, Tally> tallies) {
  static final CommitRecord NONE = new CommitRecord(0, 0, Map.of());

  /** The layout of this record and of everything else in the file. */
  private static final byte FORMAT = 1;

  byte[] encode() {
    int size = 1 + 3 * Long.BYTES;
    for (String name : tallies.keySet()) {
      size += 1 + name.length() + 2 * Long.BYTES;
    }
    ByteBuffer buffer = ByteBuffer.allocate(size);
    buffer.put(FORMAT).putLong(appliedIndex).putLong(appliedTerm).putLong(tallies.size());
    tallies.forEach(
        (name, tally) -> {
          byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
          buffer.put((byte) bytes.length).put(bytes);
          buffer.putLong(tally.count()).putLong(tally.checksumSum());
        });
    return buffer.array();
  }

  /**
   * @throws IllegalArgumentException when the bytes are not such a record
   */
  static CommitRecord decode(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    try {
      byte format = buffer.get();
      if (format != FORMAT) {
        throw new IllegalArgumentException(
            "its format is " + format + ", this version reads " + FORMAT);
      }
      long index = buffer.getLong();
      long term = buffer.getLong();
      long buckets = buffer.getLong();
      Map<String, Tally> tallies = new TreeMap<>();
      for (long i = 0; i < buckets; i++) {
        byte[] name = new byte[buffer.get()];
        buffer.get(name);
        Tally tally = new Tally();
        tally.reset(buffer.getLong(), buffer.getLong());
        tallies.put(new String(name, StandardCharsets.US_ASCII), tally);
      }
      return new CommitRecord(index, term, tallies);
    } catch (BufferUnderflowException | NegativeArraySizeException e) {
      throw new IllegalArgumentException("its commit record is cut short", e);
    }
  }
}
