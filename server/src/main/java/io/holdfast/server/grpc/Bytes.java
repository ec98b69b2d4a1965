package io.holdfast.server.grpc;

import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Crosses between protobuf's byte strings and arrays without copying. Both sides treat the bytes as
 * immutable, which makes sharing them safe.
 */
final class Bytes {
  private static final byte[] EMPTY = {};

  private Bytes() {}

  /** The bytes of a parsed message; shared where they fill their array, else copied. */
  static byte[] of(ByteString bytes) {
    if (bytes.isEmpty()) {
      return EMPTY;
    }
    Taker taker = new Taker(bytes.size());
    try {
      UnsafeByteOperations.unsafeWriteTo(bytes, taker);
    } catch (IOException e) {
      throw new UncheckedIOException("a byte string in memory cannot be read", e);
    }
    return taker.taken;
  }

  /** The bytes as they are, not to be changed from then on. */
  static ByteString wrap(byte[] bytes) {
    return bytes.length == 0 ? ByteString.EMPTY : UnsafeByteOperations.unsafeWrap(bytes);
  }

  /** Takes the one array that a byte string consists of, or collects its pieces. */
  private static final class Taker extends ByteOutput {
    private final int size;
    private byte[] taken = EMPTY;
    private int length;

    Taker(int size) {
      this.size = size;
    }

    @Override
    public void writeLazy(byte[] value, int offset, int count) {
      if (offset == 0 && count == size && value.length == size) {
        taken = value;
      } else {
        write(value, offset, count);
      }
    }

    @Override
    public void write(byte[] value, int offset, int count) {
      grow();
      System.arraycopy(value, offset, taken, length, count);
      length += count;
    }

    @Override
    public void write(byte value) {
      grow();
      taken[length++] = value;
    }

    @Override
    public void write(ByteBuffer value) {
      grow();
      int count = value.remaining();
      value.get(taken, length, count);
      length += count;
    }

    @Override
    public void writeLazy(ByteBuffer value) {
      write(value);
    }

    private void grow() {
      if (taken.length < size) {
        taken = Arrays.copyOf(taken, size);
      }
    }
  }
}
