package io.holdfast.server.mvcc;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * A half-open interval of keys, {@code [start, end)}, in unsigned byte order; the end may be open.
 *
 * <p>On the wire etcd writes it as (key, range_end): no range_end means the one key, a range_end of
 * one zero byte means everything from the key on, anything else is the exclusive end. A range whose
 * end is not above its start is empty. The arrays are shared and read only.
 */
public final class KeyRange {
  private static final byte[] ZERO = {0};

  private final byte[] start;

  /** Exclusive; null when the range is open at its end. */
  private final byte[] end;

  private final boolean single;

  private KeyRange(byte[] start, byte[] end, boolean single) {
    this.start = Objects.requireNonNull(start, "start");
    this.end = end;
    this.single = single;
  }

  /**
   * Reads etcd's (key, range_end) pair.
   *
   * @param key the first key; an empty one is the lowest of all
   * @param rangeEnd empty for the single key, one zero byte for an open end, else the exclusive end
   */
  public static KeyRange of(byte[] key, byte[] rangeEnd) {
    if (rangeEnd.length == 0) {
      return single(key);
    }
    if (rangeEnd.length == 1 && rangeEnd[0] == 0) {
      return fromKey(key);
    }
    return new KeyRange(key, rangeEnd, false);
  }

  /** The one key. */
  public static KeyRange single(byte[] key) {
    return new KeyRange(key, null, true);
  }

  /** The one key. */
  public static KeyRange single(Key key) {
    return single(key.bytes());
  }

  /** The key and all above it. */
  public static KeyRange fromKey(byte[] key) {
    return new KeyRange(key, null, false);
  }

  /** Every key. */
  public static KeyRange all() {
    return fromKey(ZERO);
  }

  /** All keys that begin with the prefix; an empty prefix means every key. */
  public static KeyRange prefix(byte[] prefix) {
    for (int i = prefix.length - 1; i >= 0; i--) {
      if (prefix[i] != (byte) 0xff) {
        byte[] end = Arrays.copyOf(prefix, i + 1);
        end[i]++;
        return new KeyRange(prefix, end, false);
      }
    }
    return fromKey(prefix.length == 0 ? ZERO : prefix);
  }

  /** All keys that begin with the text's UTF-8 bytes. */
  public static KeyRange prefix(String prefix) {
    return prefix(prefix.getBytes(StandardCharsets.UTF_8));
  }

  /** The lowest key of the range. */
  public byte[] start() {
    return start;
  }

  /** Whether the range has been given as one key. */
  public boolean isSingle() {
    return single;
  }

  /** Whether every key from the start on belongs to the range. */
  public boolean isOpenEnded() {
    return !single && end == null;
  }

  /**
   * The exclusive end; for a single key, the key followed by a zero byte.
   *
   * @throws IllegalStateException when the range is open at its end
   */
  public byte[] end() {
    if (single) {
      return Arrays.copyOf(start, start.length + 1);
    }
    if (end == null) {
      throw new IllegalStateException("an open-ended range has no end: ask isOpenEnded() first");
    }
    return end;
  }

  /** Whether no key can be in the range. */
  public boolean isEmpty() {
    return end != null && Arrays.compareUnsigned(start, end) >= 0;
  }

  public boolean contains(byte[] key) {
    if (single) {
      return Arrays.equals(start, key);
    }
    return Arrays.compareUnsigned(start, key) <= 0 && !endsAtOrBefore(key);
  }

  public boolean contains(Key key) {
    return contains(key.bytes());
  }

  /** Whether every key of the other range is in this one. */
  public boolean containsAll(KeyRange other) {
    if (other.single) {
      return contains(other.start);
    }
    if (other.isEmpty()) {
      return true;
    }
    if (Arrays.compareUnsigned(start, other.start) > 0) {
      return false;
    }
    if (isOpenEnded()) {
      return true;
    }
    return !other.isOpenEnded() && Arrays.compareUnsigned(other.end(), end()) <= 0;
  }

  /** Whether some key could be in both. */
  public boolean overlaps(KeyRange other) {
    if (single) {
      return other.contains(start);
    }
    if (other.single) {
      return contains(other.start);
    }
    return !isEmpty()
        && !other.isEmpty()
        && !endsAtOrBefore(other.start)
        && !other.endsAtOrBefore(start);
  }

  /** The exclusive end of a range of many keys, null when it is open. */
  byte[] endOrNull() {
    return end;
  }

  private boolean endsAtOrBefore(byte[] key) {
    return end != null && Arrays.compareUnsigned(key, end) >= 0;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof KeyRange range
        && single == range.single
        && Arrays.equals(start, range.start)
        && Arrays.equals(end, range.end);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * Arrays.hashCode(start) + Arrays.hashCode(end)) + Boolean.hashCode(single);
  }

  @Override
  public String toString() {
    String first = new String(start, StandardCharsets.UTF_8);
    if (single) {
      return "[" + first + "]";
    }
    return "[" + first + ", " + (end == null ? "" : new String(end, StandardCharsets.UTF_8)) + ")";
  }
}
