package io.holdfast.server.rest;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;

/**
 * Cuts a stream of bytes into the JSON objects that follow one another in it, without waiting for
 * the end of the stream. Bounds the size and the nesting of each, so that whatever parses them next
 * needs neither endless memory nor an endless stack.
 */
final class JsonSplitter {
  private static final int DEPTH_MAX = 100;
  private static final String NOT_AN_OBJECT = "a request must be a JSON object";

  /** The stream is not a sequence of JSON objects, or one of them goes beyond a bound. */
  static final class MalformedJsonException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedJsonException(String message) {
      super(message, null, false, false);
    }
  }

  private final int valueBytesMax;
  private final ByteArrayOutputStream value = new ByteArrayOutputStream();
  private int depth;
  private boolean inString;
  private boolean escaped;

  JsonSplitter(int valueBytesMax) {
    this.valueBytesMax = valueBytesMax;
  }

  /**
   * Takes bytes in.
   *
   * @param taker gets each object as it completes, a {@code null} in the stream as an empty one; it
   *     answers whether it wants another
   * @throws MalformedJsonException the stream cannot be used any further
   */
  void feed(byte[] bytes, Predicate<String> taker) throws MalformedJsonException {
    int from = 0;
    for (int i = 0; i < bytes.length; i++) {
      byte b = bytes[i];
      if (depth == 0) {
        from = i + 1;
        if (!betweenObjects(b, taker)) {
          return;
        }
      } else if (inString) {
        inString = escaped || b != '"';
        escaped = !escaped && b == '\\';
      } else if (endsObject(b)) {
        add(bytes, from, i + 1 - from);
        if (!taker.test(take())) {
          return;
        }
      }
    }
    if (depth > 0) {
      add(bytes, from, bytes.length - from);
    }
  }

  /**
   * The stream has ended.
   *
   * @param taker gets the last object, if the end completes one
   * @throws MalformedJsonException it ended within an object
   */
  void end(Predicate<String> taker) throws MalformedJsonException {
    if (depth > 0) {
      throw new MalformedJsonException("unexpected EOF");
    }
    takeNull(taker);
  }

  /** Outside of objects, only white space and the word null are allowed. */
  private boolean betweenObjects(byte b, Predicate<String> taker) throws MalformedJsonException {
    boolean opens = b == '{';
    boolean blank = b == ' ' || b == '\n' || b == '\r' || b == '\t';
    if ((opens || blank) && !takeNull(taker)) {
      return false;
    }
    if (blank) {
      return true;
    }
    if (opens) {
      depth = 1;
    }
    add(new byte[] {b}, 0, 1);
    if (!opens && !"null".startsWith(value.toString(StandardCharsets.ISO_8859_1))) {
      throw new MalformedJsonException(NOT_AN_OBJECT);
    }
    return true;
  }

  private boolean takeNull(Predicate<String> taker) throws MalformedJsonException {
    if (value.size() == 0) {
      return true;
    }
    if (value.size() != "null".length()) {
      throw new MalformedJsonException(NOT_AN_OBJECT);
    }
    take();
    return taker.test("{}");
  }

  /** Follows the nesting; true when an object ends with this byte. */
  private boolean endsObject(byte b) throws MalformedJsonException {
    switch (b) {
      case '"' -> inString = true;
      case '{', '[' -> {
        depth++;
        if (depth > DEPTH_MAX) {
          throw new MalformedJsonException(
              "the request is nested more than " + DEPTH_MAX + " deep");
        }
      }
      case '}', ']' -> {
        depth--;
        return depth == 0;
      }
      default -> {
        // Numbers, words and punctuation are the parser's business.
      }
    }
    return false;
  }

  private void add(byte[] bytes, int offset, int count) throws MalformedJsonException {
    if (value.size() + count > valueBytesMax) {
      throw new MalformedJsonException(
          "the request is larger than " + valueBytesMax + " bytes of JSON");
    }
    value.write(bytes, offset, count);
  }

  private String take() {
    String text = value.toString(StandardCharsets.UTF_8);
    value.reset();
    return text;
  }
}
