package io.holdfast.history;

/**
 * A half-open range of keys, or with an empty end a single key.
 *
 * @param end exclusive; empty: the key {@code start} alone
 */
public record KeyInterval(String start, String end) {
  public static KeyInterval single(String key) {
    return new KeyInterval(key, "");
  }

  public boolean isSingle() {
    return end.isEmpty();
  }

  public boolean contains(String key) {
    return isSingle() ? key.equals(start) : key.compareTo(start) >= 0 && key.compareTo(end) < 0;
  }
}
