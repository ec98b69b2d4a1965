package io.holdfast.server.apply;

import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** A union of key ranges, kept as disjoint intervals so that a look-up takes logarithmic time. */
final class KeyRangeSet {
  /** Exclusive ends by start; an empty end stands for an open one. */
  private final TreeMap<byte[], byte[]> endByStart = new TreeMap<>(Arrays::compareUnsigned);

  private static final byte[] OPEN = {};

  void add(KeyRange range) {
    if (!range.isEmpty()) {
      add(range.start(), range.isOpenEnded() ? OPEN : range.end());
    }
  }

  void addAll(KeyRangeSet other) {
    other.endByStart.forEach(this::add);
  }

  boolean contains(Key key) {
    Map.Entry<byte[], byte[]> nearest = endByStart.floorEntry(key.bytes());
    return nearest != null && reachesBeyond(nearest.getValue(), key.bytes());
  }

  private void add(byte[] start, byte[] end) {
    byte[] first = start;
    byte[] last = end;
    Map.Entry<byte[], byte[]> before = endByStart.floorEntry(start);
    if (before != null && reaches(before.getValue(), start)) {
      first = before.getKey();
      last = later(last, before.getValue());
    }
    Map.Entry<byte[], byte[]> next = endByStart.ceilingEntry(start);
    while (next != null && reaches(last, next.getKey())) {
      last = later(last, next.getValue());
      endByStart.remove(next.getKey());
      next = endByStart.ceilingEntry(start);
    }
    endByStart.put(first, last);
  }

  private static boolean reaches(byte[] end, byte[] key) {
    return end.length == 0 || Arrays.compareUnsigned(end, key) >= 0;
  }

  private static boolean reachesBeyond(byte[] end, byte[] key) {
    return end.length == 0 || Arrays.compareUnsigned(end, key) > 0;
  }

  private static byte[] later(byte[] a, byte[] b) {
    return reaches(a, b) && b.length != 0 || a.length == 0 ? a : b;
  }
}
