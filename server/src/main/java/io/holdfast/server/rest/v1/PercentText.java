package io.holdfast.server.rest.v1;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Percent-encoded UTF-8 in addresses: nothing is guessed, what is malformed is refused. */
final class PercentText {
  private static final String UNRESERVED = "-._~/";
  private static final String HEX = "0123456789ABCDEF";

  private PercentText() {}

  /**
   * @param plusIsSpace as in queries
   * @throws Problem 400 when an escape is malformed, or the bytes are no UTF-8
   */
  static String decode(String raw, boolean plusIsSpace) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c == '%') {
        int high = digit(raw, i + 1);
        int low = digit(raw, i + 2);
        if (high < 0 || low < 0) {
          throw Problem.badRequest(
              "invalid-encoding", "The address has a % without two hexadecimal digits behind it.");
        }
        bytes.write(high << 4 | low);
        i += 2;
      } else if (c > 0x7e || c < 0x21) {
        throw Problem.badRequest(
            "invalid-encoding", "Write what is not ASCII as percent-encoded UTF-8.");
      } else {
        bytes.write(plusIsSpace && c == '+' ? ' ' : c);
      }
    }
    return utf8(bytes.toByteArray())
        .orElseThrow(
            () ->
                Problem.badRequest(
                    "invalid-encoding",
                    "The address is no UTF-8 when its percent-encoding is undone; keys that are no"
                        + " text are reached by gRPC and the JSON gateway."));
  }

  private static int digit(String raw, int at) {
    return at < raw.length() ? Character.digit(raw.charAt(at), 16) : -1;
  }

  /** The text of bytes that are UTF-8 throughout. */
  static Optional<String> utf8(byte[] bytes) {
    try {
      return Optional.of(
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(bytes))
              .toString());
    } catch (CharacterCodingException notText) {
      return Optional.empty();
    }
  }

  /** For paths and queries alike; slashes stay, since they part keys as they part paths. */
  static String encode(String text) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      boolean plain = c < 0x80 && (Character.isLetterOrDigit(c) || UNRESERVED.indexOf(c) >= 0);
      if (plain) {
        encoded.append(c);
      } else {
        encoded.append('%').append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
      }
    }
    return encoded.toString();
  }
}
