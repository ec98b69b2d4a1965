package io.holdfast.driver;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * An immutable string of bytes: a key or a value.
 *
 * <p>The store orders keys by their bytes taken as unsigned numbers, and so does {@link
 * #compareTo}. Text is UTF-8 by convention only; {@link #toString} never fails on other bytes.
 */
public final class Bytes implements Comparable<Bytes> {
  /** No bytes at all. */
  public static final Bytes EMPTY = new Bytes(new byte[0]);

  private final byte[] content;

  private Bytes(byte[] content) {
    this.content = content;
  }

  /** Copies {@code content}. */
  public static Bytes of(byte[] content) {
    return content.length == 0 ? EMPTY : new Bytes(content.clone());
  }

  /** The UTF-8 bytes of {@code text}. */
  public static Bytes utf8(String text) {
    return text.isEmpty() ? EMPTY : new Bytes(text.getBytes(StandardCharsets.UTF_8));
  }

  /** A copy of the bytes. */
  public byte[] toByteArray() {
    return content.clone();
  }

  /** The bytes read as UTF-8; what is not UTF-8 becomes the replacement character. */
  public String asUtf8() {
    return new String(content, StandardCharsets.UTF_8);
  }

  /** The number of bytes. */
  public int length() {
    return content.length;
  }

  /** Whether there are no bytes. */
  public boolean isEmpty() {
    return content.length == 0;
  }

  /** The byte at {@code index}, counted from 0. */
  public byte byteAt(int index) {
    return content[index];
  }

  /** Whether these bytes begin with {@code prefix}. */
  public boolean startsWith(Bytes prefix) {
    return content.length >= prefix.content.length
        && Arrays.equals(
            content, 0, prefix.content.length, prefix.content, 0, prefix.content.length);
  }

  /** These bytes followed by {@code suffix}. */
  public Bytes concat(Bytes suffix) {
    if (isEmpty()) {
      return suffix;
    }
    if (suffix.isEmpty()) {
      return this;
    }
    byte[] joined = Arrays.copyOf(content, content.length + suffix.content.length);
    System.arraycopy(suffix.content, 0, joined, content.length, suffix.content.length);
    return new Bytes(joined);
  }

  /** What follows the first {@code count} bytes. */
  public Bytes dropFirst(int count) {
    return count == content.length
        ? EMPTY
        : new Bytes(Arrays.copyOfRange(content, count, content.length));
  }

  @Override
  public int compareTo(Bytes other) {
    return Arrays.compareUnsigned(content, other.content);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bytes bytes && Arrays.equals(content, bytes.content);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(content);
  }

  /** Printable ASCII as it is, other bytes as {@code \xNN}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(content.length);
    for (byte one : content) {
      if (one >= 0x20 && one < 0x7f && one != '\\') {
        text.append((char) one);
      } else {
        text.append("\\x").append(HexFormat.of().toHexDigits(one));
      }
    }
    return text.toString();
  }
}
