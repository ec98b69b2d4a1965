package io.holdfast.server.mvcc;

import java.util.Arrays;
import java.util.Comparator;

/**
 * Sorts versions by key, stably: eight bytes at a time behind what a stretch of keys has in common,
 * byte by byte counting. Comparing keys that lie scattered over the heap would cost ten times as
 * much. For one run.
 */
final class RunSorter {
  private static final Comparator<KeyVersion> BY_KEY =
      (a, b) -> Arrays.compareUnsigned(a.key, b.key);
  private static final int SMALL = 48;
  private static final int BYTE_VALUES = 256;

  private final KeyVersion[] spareVersions;
  private final long[] heads;
  private final long[] spareHeads;
  private final int[] ends = new int[BYTE_VALUES];

  RunSorter(int lengthMax) {
    spareVersions = new KeyVersion[lengthMax];
    heads = new long[lengthMax];
    spareHeads = new long[lengthMax];
  }

  void sort(KeyVersion[] run, int length) {
    sort(run, 0, length);
    Arrays.fill(spareVersions, 0, length, null);
  }

  private void sort(KeyVersion[] run, int from, int to) {
    if (to - from <= SMALL) {
      Arrays.sort(run, from, to, BY_KEY);
      return;
    }
    byte[] sample = run[from].key;
    int prefix = sample.length;
    int longest = sample.length;
    for (int i = from + 1; i < to; i++) {
      byte[] key = run[i].key;
      longest = Math.max(longest, key.length);
      int mismatch = Arrays.mismatch(sample, 0, prefix, key, 0, Math.min(prefix, key.length));
      prefix = mismatch < 0 ? Math.min(prefix, key.length) : mismatch;
    }
    if (prefix == longest) {
      return;
    }
    long differing = 0;
    long first = KeyHeads.head(sample, prefix);
    for (int i = from; i < to; i++) {
      heads[i] = KeyHeads.head(run[i].key, prefix);
      differing |= heads[i] ^ first;
    }
    sortByHeads(run, from, to, differing);
    sortTies(run, from, to);
  }

  /** One counting pass for each byte of the heads that is not the same everywhere. */
  private void sortByHeads(KeyVersion[] run, int from, int to, long differing) {
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      if ((differing >>> shift & 0xff) == 0) {
        continue;
      }
      Arrays.fill(ends, 0);
      for (int i = from; i < to; i++) {
        ends[(int) (heads[i] >>> shift) & 0xff]++;
      }
      int end = from;
      for (int i = 0; i < BYTE_VALUES; i++) {
        end += ends[i];
        ends[i] = end;
      }
      for (int i = to - 1; i >= from; i--) {
        int target = --ends[(int) (heads[i] >>> shift) & 0xff];
        spareHeads[target] = heads[i];
        spareVersions[target] = run[i];
      }
      System.arraycopy(spareHeads, from, heads, from, to - from);
      System.arraycopy(spareVersions, from, run, from, to - from);
    }
  }

  /** Where heads are equal, what lies behind them decides, or the length where zeros were added. */
  private void sortTies(KeyVersion[] run, int from, int to) {
    int start = from;
    while (start < to) {
      long head = heads[start];
      int end = start + 1;
      while (end < to && heads[end] == head) {
        end++;
      }
      if (end - start > 1 && end - start < to - from) {
        sort(run, start, end);
      } else if (end - start == to - from) {
        Arrays.sort(run, from, to, BY_KEY);
      }
      start = end;
    }
  }
}
