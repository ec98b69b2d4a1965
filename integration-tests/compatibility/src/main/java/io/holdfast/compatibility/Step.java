package io.holdfast.compatibility;

import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;

/**
 * One call of a script.
 *
 * @param lane the stream of watches that it belongs to; lanes share a few connections
 * @param request may hold {@link Symbols} for numbers that only the run knows
 */
public record Step(int lane, Call call, Message request) {
  /** One line that {@link #parse} reads back. */
  public String text() {
    String fields = TextFormat.printer().emittingSingleLine(true).printToString(request);
    return (lane + " " + call + " " + fields).strip();
  }

  /**
   * Reads what {@link #text} wrote.
   *
   * @throws IllegalArgumentException when the line is no step; the message says why
   */
  public static Step parse(String line) {
    String[] parts = line.strip().split(" ", 3);
    if (parts.length < 2) {
      throw new IllegalArgumentException("not 'lane CALL fields': " + line);
    }
    Call call = Call.named(parts[1]);
    Message.Builder request = call.prototype().newBuilderForType();
    try {
      TextFormat.getParser().merge(parts.length == 3 ? parts[2] : "", request);
    } catch (TextFormat.ParseException e) {
      throw new IllegalArgumentException("fields of '" + line + "': " + e.getMessage(), e);
    }
    return new Step(Integer.parseInt(parts[0]), call, request.build());
  }
}
