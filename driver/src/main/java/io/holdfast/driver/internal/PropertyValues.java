package io.holdfast.driver.internal;

import io.holdfast.driver.DriverProperty;
import io.holdfast.driver.InvalidUrlException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the values of properties, and refuses what cannot be used in words that help. */
final class PropertyValues {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");

  private PropertyValues() {}

  /** Refuses a value that is not of the property's kind. */
  static void check(DriverProperty property, String value) {
    switch (property.kind()) {
      case DURATION -> duration(property, value);
      case NUMBER -> number(property, value);
      case BOOLEAN -> {
        if (!value.equals("true") && !value.equals("false")) {
          throw unusable(property, "must be true or false, but is `" + value + "`");
        }
      }
      case CHOICE -> {
        if (!property.choices().contains(value)) {
          throw unusable(
              property,
              "must be one of "
                  + String.join(", ", property.choices())
                  + ", but is `"
                  + value
                  + "`");
        }
      }
      case TEXT, SECRET, PATH -> {}
    }
  }

  /** Reads a number with a unit; never zero. */
  static Duration duration(DriverProperty property, String value) {
    Matcher matcher = DURATION.matcher(value);
    if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
      throw unusable(
          property,
          "must be a number above 0 with a unit, such as 500ms, 5s or 2m, but is `" + value + "`");
    }
    long amount = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      default -> Duration.ofHours(amount);
    };
  }

  private static void number(DriverProperty property, String value) {
    boolean usable = false;
    try {
      usable = Integer.parseInt(value) > 0;
    } catch (NumberFormatException notANumber) {
      // Falls through to the same message as a number that is too small.
    }
    if (!usable) {
      throw unusable(
          property,
          "must be a whole number from 1 to " + Integer.MAX_VALUE + ", but is `" + value + "`");
    }
  }

  static InvalidUrlException unusable(DriverProperty property, String reason) {
    return new InvalidUrlException(
        "the property `" + property.propertyName() + "` " + reason, property);
  }

  /** Finds the property of this name, or refuses it and names the nearest one. */
  static DriverProperty named(String name) {
    return DriverProperty.named(name)
        .orElseThrow(
            () -> {
              DriverProperty nearest = nearest(name);
              return new InvalidUrlException(
                  "there is no property `"
                      + name
                      + "`; the nearest is `"
                      + nearest.propertyName()
                      + "`",
                  nearest);
            });
  }

  private static DriverProperty nearest(String name) {
    return Arrays.stream(DriverProperty.values())
        .min(Comparator.comparingInt(property -> distance(name, property.propertyName())))
        .orElseThrow();
  }

  /** How many characters have to be inserted, removed or replaced; upper case is lower case. */
  static int distance(String left, String right) {
    String from = left.toLowerCase(Locale.ROOT);
    String to = right.toLowerCase(Locale.ROOT);
    int[] previous = new int[to.length() + 1];
    for (int column = 0; column <= to.length(); column++) {
      previous[column] = column;
    }
    for (int row = 1; row <= from.length(); row++) {
      int[] current = new int[to.length() + 1];
      current[0] = row;
      for (int column = 1; column <= to.length(); column++) {
        int replaced =
            previous[column - 1] + (from.charAt(row - 1) == to.charAt(column - 1) ? 0 : 1);
        current[column] = Math.min(replaced, Math.min(previous[column], current[column - 1]) + 1);
      }
      previous = current;
    }
    return previous[to.length()];
  }
}
