package io.holdfast.server.rest.v1;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** A query's parameters, each known and given once: a mistyped one must not be passed over. */
final class Parameters {
  private static final Pattern NUMBER = Pattern.compile("\\d{1,18}");

  private final Map<String, String> values;

  private Parameters(Map<String, String> values) {
    this.values = values;
  }

  /**
   * @param query the raw query, or null
   * @throws Problem 400 for malformed, unknown and repeated parameters
   */
  static Parameters of(String query, List<String> known) {
    Map<String, String> values = new HashMap<>();
    for (String part : query == null || query.isEmpty() ? new String[0] : query.split("&")) {
      int equals = part.indexOf('=');
      String name = PercentText.decode(equals < 0 ? part : part.substring(0, equals), true);
      String value = equals < 0 ? "" : PercentText.decode(part.substring(equals + 1), true);
      if (!known.contains(name)) {
        throw Problem.badRequest(
            "unknown-parameter",
            "There is no parameter "
                + name
                + " here; "
                + (known.isEmpty() ? "this takes none." : "known: " + String.join(", ", known)));
      }
      if (values.put(name, value) != null) {
        throw invalid(name, "is given twice");
      }
    }
    return new Parameters(values);
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  Optional<String> text(String name) {
    return Optional.ofNullable(values.get(name));
  }

  /** A whole number from {@code min} to {@code max}, or {@code otherwise}. */
  long number(String name, long min, long max, long otherwise) {
    String text = values.get(name);
    if (text == null) {
      return otherwise;
    }
    long number = NUMBER.matcher(text).matches() ? Long.parseLong(text) : -1;
    if (number < min || number > max) {
      throw invalid(name, "takes a whole number from " + min + " to " + max);
    }
    return number;
  }

  /** True when given as {@code true} or without a value. */
  boolean flag(String name) {
    String text = values.getOrDefault(name, "false");
    return switch (text) {
      case "", "true" -> true;
      case "false" -> false;
      default -> throw invalid(name, "takes true or false");
    };
  }

  static Problem invalid(String name, String what) {
    return Problem.badRequest("invalid-parameter", "The parameter " + name + " " + what + ".");
  }
}
