package io.holdfast.server.mvcc;

import java.util.Arrays;

/** Reads what a {@link PackWriter} has made. One thread. */
final class PackReader {
  static final int NUMBER_BYTES_MAX = 10;
  private static final int BITS = 7;

  private final byte[] bytes;
  private int at;

  PackReader(byte[] bytes) {
    this(bytes, 0);
  }

  PackReader(byte[] bytes, int from) {
    this.bytes = bytes;
    this.at = from;
  }

  int position() {
    return at;
  }

  boolean hasMore() {
    return at < bytes.length;
  }

  int getByte() {
    return bytes[at++] & 0xff;
  }

  long getNumber() {
    long result = 0;
    for (int shift = 0; shift < NUMBER_BYTES_MAX * BITS; shift += BITS) {
      byte next = bytes[at++];
      result |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        break;
      }
    }
    return result;
  }

  int getCount() {
    return Math.toIntExact(getNumber());
  }

  long getLong() {
    long result = 0;
    for (int i = 0; i < Long.BYTES; i++) {
      result = result << Byte.SIZE | bytes[at++] & 0xff;
    }
    return result;
  }

  byte[] getBytes(int count) {
    byte[] copy = Arrays.copyOfRange(bytes, at, at + count);
    at += count;
    return copy;
  }

  /** Reads on into the end of an array. */
  void getInto(byte[] target, int from) {
    System.arraycopy(bytes, at, target, from, target.length - from);
    at += target.length - from;
  }
}
