package io.holdfast.driver;

import java.util.Arrays;
import java.util.Objects;

/**
 * A half-open range of keys, {@code [key, rangeEnd)}, in the protocol's own notation.
 *
 * <p>An empty {@code rangeEnd} means the single key {@code key}; a {@code rangeEnd} of one zero
 * byte means no upper bound. The factories spare their callers the notation.
 *
 * @param key the first key; empty only in {@link #all()}
 * @param rangeEnd the first key after the range, or one of the two special forms above
 */
public record KeyRange(Bytes key, Bytes rangeEnd) {
  private static final Bytes NO_UPPER_BOUND = Bytes.of(new byte[] {0});
  private static final KeyRange ALL = new KeyRange(Bytes.EMPTY, NO_UPPER_BOUND);

  /** Checks that a range of one key names it. */
  public KeyRange {
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(rangeEnd, "rangeEnd");
    if (key.isEmpty() && rangeEnd.isEmpty()) {
      throw HoldfastException.invalidArgument("a key must not be empty");
    }
  }

  /** The one key {@code key}. */
  public static KeyRange single(Bytes key) {
    return new KeyRange(key, Bytes.EMPTY);
  }

  /** The one key {@code key}, as UTF-8. */
  public static KeyRange single(String key) {
    return single(Bytes.utf8(key));
  }

  /** Every key that begins with {@code prefix}; all keys when it is empty. */
  public static KeyRange prefix(Bytes prefix) {
    return prefix.isEmpty() ? ALL : new KeyRange(prefix, prefixEnd(prefix));
  }

  /** Every key that begins with {@code prefix}, as UTF-8. */
  public static KeyRange prefix(String prefix) {
    return prefix(Bytes.utf8(prefix));
  }

  /** {@code key} and every key after it. */
  public static KeyRange from(Bytes key) {
    return new KeyRange(key, NO_UPPER_BOUND);
  }

  /** {@code key}, as UTF-8, and every key after it. */
  public static KeyRange from(String key) {
    return from(Bytes.utf8(key));
  }

  /** Every key from {@code key} up to, not including, {@code rangeEnd}. */
  public static KeyRange of(Bytes key, Bytes rangeEnd) {
    return new KeyRange(key, rangeEnd);
  }

  /** Every key from {@code key} up to, not including, {@code rangeEnd}, both as UTF-8. */
  public static KeyRange of(String key, String rangeEnd) {
    return of(Bytes.utf8(key), Bytes.utf8(rangeEnd));
  }

  /** Every key. */
  public static KeyRange all() {
    return ALL;
  }

  /** Whether this is one single key. */
  public boolean isSingle() {
    return rangeEnd.isEmpty();
  }

  /** Whether the range has no upper bound. */
  public boolean isUnbounded() {
    return rangeEnd.equals(NO_UPPER_BOUND);
  }

  /** Whether {@code candidate} lies in the range. */
  public boolean contains(Bytes candidate) {
    if (isSingle()) {
      return candidate.equals(key);
    }
    return candidate.compareTo(key) >= 0 && (isUnbounded() || candidate.compareTo(rangeEnd) < 0);
  }

  /** The first key after every key that begins with {@code prefix}. */
  private static Bytes prefixEnd(Bytes prefix) {
    byte[] end = prefix.toByteArray();
    for (int index = end.length - 1; index >= 0; index--) {
      if (end[index] != (byte) 0xff) {
        end[index]++;
        return Bytes.of(Arrays.copyOf(end, index + 1));
      }
    }
    return NO_UPPER_BOUND;
  }
}
