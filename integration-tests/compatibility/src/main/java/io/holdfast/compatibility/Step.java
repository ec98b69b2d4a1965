package io.holdfast.compatibility;

import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One call of a script.
 *
 * @param lane the stream of watches that it belongs to; lanes share a few connections
 * @param user on whose behalf it is made, with the token of the last time that this user has signed
 *     in; nobody's when empty or when it never did
 * @param request may hold {@link Symbols} for numbers that only the run knows
 */
public record Step(int lane, Optional<String> user, Call call, Message request) {
  private static final Pattern LINE = Pattern.compile("(\\d+) (?:@(\\S+) )?(\\w+)(.*)");

  /** A call of nobody's. */
  Step(int lane, Call call, Message request) {
    this(lane, Optional.empty(), call, request);
  }

  /** The same call with another request. */
  Step with(Message other) {
    return new Step(lane, user, call, other);
  }

  /** One line that {@link #parse} reads back. */
  public String text() {
    String fields = TextFormat.printer().emittingSingleLine(true).printToString(request);
    String caller = user.map(name -> "@" + name + " ").orElse("");
    return (lane + " " + caller + call + " " + fields).strip();
  }

  /**
   * Reads what {@link #text} wrote.
   *
   * @throws IllegalArgumentException when the line is no step; the message says why
   */
  public static Step parse(String line) {
    Matcher parts = LINE.matcher(line.strip());
    if (!parts.matches()) {
      throw new IllegalArgumentException("not 'lane [@user] CALL fields': " + line);
    }
    Call call = Call.named(parts.group(3));
    Message.Builder request = call.prototype().newBuilderForType();
    try {
      TextFormat.getParser().merge(parts.group(4), request);
    } catch (TextFormat.ParseException e) {
      throw new IllegalArgumentException("fields of '" + line + "': " + e.getMessage(), e);
    }
    int lane = Integer.parseInt(parts.group(1));
    return new Step(lane, Optional.ofNullable(parts.group(2)), call, request.build());
  }
}
