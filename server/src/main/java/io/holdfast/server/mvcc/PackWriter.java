package io.holdfast.server.mvcc;

import java.util.Arrays;

/** Bytes in the making, mostly numbers that take the less room the smaller they are. One thread. */
final class PackWriter {
  private byte[] bytes;
  private int length;

  PackWriter(int capacity) {
    bytes = new byte[capacity];
  }

  int length() {
    return length;
  }

  void clear() {
    length = 0;
  }

  byte[] array() {
    return bytes;
  }

  byte[] toBytes() {
    return Arrays.copyOf(bytes, length);
  }

  PackWriter putByte(int value) {
    reserve(1);
    bytes[length++] = (byte) value;
    return this;
  }

  /** Seven bits a byte, the lowest first; taken as unsigned. */
  PackWriter putNumber(long value) {
    reserve(PackReader.NUMBER_BYTES_MAX);
    long left = value;
    while ((left & ~0x7fL) != 0) {
      bytes[length++] = (byte) (left | 0x80);
      left >>>= 7;
    }
    bytes[length++] = (byte) left;
    return this;
  }

  PackWriter putLong(long value) {
    reserve(Long.BYTES);
    for (int shift = Long.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
      bytes[length++] = (byte) (value >>> shift);
    }
    return this;
  }

  PackWriter putBytes(byte[] source, int from, int count) {
    reserve(count);
    System.arraycopy(source, from, bytes, length, count);
    length += count;
    return this;
  }

  private void reserve(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(length, more), bytes.length * 2));
    }
  }
}
