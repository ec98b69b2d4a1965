package io.holdfast.server.mvcc;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A sorted row of keys that can be searched without touching most of them: what all have in common
 * is kept once, and of each the next eight bytes in an array of longs. The keys themselves lie
 * scattered over the heap, and looking at one costs more than searching the row. Immutable.
 */
final class KeyHeads {
  private static final VarHandle BYTES_AS_LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final byte[] NO_KEY = {};
  static final KeyHeads EMPTY = new KeyHeads(NO_KEY, 0, new long[0]);

  /** Any key of the row; its beginning is what all have in common. */
  private final byte[] sample;

  private final int prefixLength;
  private final long[] heads;

  private KeyHeads(byte[] sample, int prefixLength, long[] heads) {
    this.sample = sample;
    this.prefixLength = prefixLength;
    this.heads = heads;
  }

  /** Gives the key at a position. */
  @FunctionalInterface
  interface Row {
    byte[] key(int position);
  }

  static KeyHeads of(Row row, int count) {
    if (count == 0) {
      return EMPTY;
    }
    byte[] first = row.key(0);
    int prefix = commonPrefix(first, row.key(count - 1));
    long[] heads = new long[count];
    for (int i = 0; i < count; i++) {
      heads[i] = head(row.key(i), prefix);
    }
    return new KeyHeads(first, prefix, heads);
  }

  /** The heads of a row that has one key more; row and position are those after the insertion. */
  KeyHeads with(Row row, int at) {
    int count = heads.length + 1;
    byte[] first = row.key(0);
    if (heads.length == 0 || commonPrefix(first, row.key(count - 1)) != prefixLength) {
      return of(row, count);
    }
    long[] more = new long[count];
    System.arraycopy(heads, 0, more, 0, at);
    more[at] = head(row.key(at), prefixLength);
    System.arraycopy(heads, at, more, at + 1, heads.length - at);
    return new KeyHeads(first, prefixLength, more);
  }

  /** The key's position in the row, or -(insertion point) - 1. */
  int search(byte[] key, Row row) {
    int toPrefix =
        Arrays.compareUnsigned(key, 0, Math.min(key.length, prefixLength), sample, 0, prefixLength);
    if (toPrefix != 0) {
      return toPrefix < 0 ? -1 : -heads.length - 1;
    }
    long head = head(key, prefixLength);
    int low = 0;
    int high = heads.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = Long.compareUnsigned(heads[middle], head);
      if (order == 0) {
        order = Arrays.compareUnsigned(row.key(middle), key);
      }
      if (order < 0) {
        low = middle + 1;
      } else if (order > 0) {
        high = middle - 1;
      } else {
        return middle;
      }
    }
    return -low - 1;
  }

  static int commonPrefix(byte[] a, byte[] b) {
    int mismatch = Arrays.mismatch(a, b);
    return mismatch < 0 ? a.length : mismatch;
  }

  /**
   * Eight bytes of the key from an offset on, zeros behind its end: unsigned order is key order.
   */
  static long head(byte[] key, int offset) {
    int left = key.length - offset;
    if (left >= Long.BYTES) {
      return (long) BYTES_AS_LONG.get(key, offset);
    }
    long head = 0;
    for (int i = 0; i < left; i++) {
      head |= (key[offset + i] & 0xffL) << (56 - 8 * i);
    }
    return head;
  }
}
