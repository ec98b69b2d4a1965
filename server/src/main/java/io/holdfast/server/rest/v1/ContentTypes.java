package io.holdfast.server.rest.v1;

import com.google.protobuf.ByteString;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What values are. A value that was stored through this API with a type of its own has a companion
 * key, written in the same transaction: only one with the value's own mod revision counts, so that
 * a value that another client writes later never carries a type that was not meant for it. Without
 * one, UTF-8 is plain text and everything else is a stream of octets.
 */
final class ContentTypes {
  static final String TEXT = "text/plain; charset=utf-8";
  static final String OCTETS = "application/octet-stream";
  static final String JSON = "application/json";
  static final String MERGE_PATCH = "application/merge-patch+json";
  static final String EVENT_STREAM = "text/event-stream";

  /** What curl says of any body when it is not told otherwise. */
  private static final String UNSAID = "application/x-www-form-urlencoded";

  private static final int LENGTH_MAX = 200;
  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  private static final Pattern MEDIA_TYPE =
      Pattern.compile(
          TOKEN + "/" + TOKEN + "(\\s*;\\s*" + TOKEN + "=(" + TOKEN + "|\"[ -!#-\\[\\]-~]*\"))*");

  private ContentTypes() {}

  /** The type of a value that nobody gave one. */
  static String byContent(ByteString value) {
    return value.isValidUtf8() ? TEXT : OCTETS;
  }

  /** The type in the form in which types are compared: without parameters. */
  static String essence(String type) {
    int semicolon = type.indexOf(';');
    return (semicolon < 0 ? type : type.substring(0, semicolon)).strip().toLowerCase(Locale.ROOT);
  }

  /**
   * The type to keep with a value.
   *
   * @param header the request's Content-Type, or null
   * @throws Problem 415 for what no single value is; 400 when text is announced and is none
   */
  static String ofBody(String header, ByteString value) {
    if (header == null || essence(header).equals(UNSAID)) {
      return byContent(value);
    }
    String type = checked(header.strip());
    if (announcesUtf8(type) && !value.isValidUtf8()) {
      throw Problem.badRequest(
          "invalid-text", "The body is no UTF-8, which its content type " + type + " announces.");
    }
    return type;
  }

  private static String checked(String type) {
    if (type.length() > LENGTH_MAX || !MEDIA_TYPE.matcher(type).matches()) {
      throw unsupported(
          "The content type cannot be read; write it like text/plain; charset=utf-8.");
    }
    if (essence(type).startsWith("multipart/")) {
      throw unsupported("A key has one value: send the value itself, not a multipart body.");
    }
    return type;
  }

  private static boolean announcesUtf8(String type) {
    String lower = type.toLowerCase(Locale.ROOT).replace(" ", "").replace("\"", "");
    return lower.contains(";charset=utf-8") || essence(type).equals(JSON);
  }

  static Problem unsupported(String detail) {
    return new Problem(
        415, "unsupported-content-type", "The content type is not supported", detail);
  }

  /**
   * @param companion the companion's value, if it is of the same revision
   */
  static String ofValue(ByteString value, Optional<ByteString> companion) {
    return companion
        .filter(ByteString::isValidUtf8)
        .map(ByteString::toStringUtf8)
        .filter(type -> type.length() <= LENGTH_MAX && MEDIA_TYPE.matcher(type).matches())
        .orElseGet(() -> byContent(value));
  }

  /**
   * Checks that the client takes what it would get.
   *
   * @param accept the request's Accept, or null for anything
   * @throws Problem 406
   */
  static void checkAcceptable(String accept, String type) {
    if (accept == null || accept.isBlank()) {
      return;
    }
    String essence = essence(type);
    int best = -1;
    boolean taken = false;
    for (String part : accept.split(",", 100)) {
      String range = essence(part);
      int precision =
          range.equals(essence)
              ? 2
              : range.equals(essence.substring(0, essence.indexOf('/')) + "/*")
                  ? 1
                  : range.equals("*/*") ? 0 : -1;
      if (precision > best) {
        best = precision;
        taken = !isRefused(part);
      }
    }
    if (!taken) {
      throw new Problem(
              406, "not-acceptable", "The answer is of another type", "The answer is " + type + ".")
          .with("contentType", type);
    }
  }

  private static boolean isRefused(String part) {
    return part.replace(" ", "").toLowerCase(Locale.ROOT).matches(".*;q=0(\\.0{1,3})?(;.*)?");
  }
}
