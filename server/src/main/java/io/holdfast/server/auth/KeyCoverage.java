package io.holdfast.server.auth;

import io.holdfast.server.mvcc.KeyRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The union of key ranges, as disjoint intervals in order: what all roles of a user allow together.
 * Ranges that touch are one, so that a request may reach over the seam between two permissions.
 * Immutable.
 */
final class KeyCoverage {
  static final KeyCoverage NOTHING = new KeyCoverage(List.of());

  /** In order, neither overlapping nor touching. */
  private final Interval[] intervals;

  private KeyCoverage(List<Interval> intervals) {
    this.intervals = intervals.toArray(Interval[]::new);
  }

  /** A half-open interval; {@code end} is null when it is open. */
  private record Interval(byte[] start, byte[] end) {
    static Interval of(KeyRange range) {
      return new Interval(range.start(), range.isOpenEnded() ? null : range.end());
    }

    boolean reaches(byte[] key) {
      return end == null || Arrays.compareUnsigned(key, end) <= 0;
    }

    boolean endsAfter(byte[] key) {
      return end == null || Arrays.compareUnsigned(key, end) < 0;
    }

    Interval joined(Interval next) {
      return next.end == null || end != null && Arrays.compareUnsigned(next.end, end) > 0
          ? new Interval(start, end == null ? null : next.end)
          : this;
    }
  }

  static KeyCoverage of(List<KeyRange> ranges) {
    List<Interval> sorted =
        ranges.stream()
            .filter(range -> !range.isEmpty())
            .map(Interval::of)
            .sorted(Comparator.comparing(Interval::start, Arrays::compareUnsigned))
            .toList();
    List<Interval> merged = new ArrayList<>();
    for (Interval next : sorted) {
      int last = merged.size() - 1;
      if (last >= 0 && merged.get(last).reaches(next.start)) {
        merged.set(last, merged.get(last).joined(next));
      } else {
        merged.add(next);
      }
    }
    return merged.isEmpty() ? NOTHING : new KeyCoverage(merged);
  }

  /**
   * Whether every key of the range is in the union. Of a range without keys, its first key has to
   * be: nobody is told anything about keys that are not theirs.
   */
  boolean covers(KeyRange range) {
    Interval interval = find(range.start());
    if (interval == null || range.isSingle() || range.isEmpty()) {
      return interval != null;
    }
    return interval.end == null || !range.isOpenEnded() && interval.reaches(range.end());
  }

  /** The interval that a key is in; null when it is in none. */
  private Interval find(byte[] key) {
    int low = 0;
    int high = intervals.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (Arrays.compareUnsigned(intervals[middle].start, key) > 0) {
        high = middle - 1;
      } else {
        low = middle + 1;
      }
    }
    return high >= 0 && intervals[high].endsAfter(key) ? intervals[high] : null;
  }
}
