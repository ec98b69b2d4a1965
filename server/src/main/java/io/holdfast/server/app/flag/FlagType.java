package io.holdfast.server.app.flag;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What values a flag takes, and the sentence that says why one is unusable. */
public sealed interface FlagType {
  /** Words as they stand after the equals sign in the help. */
  String label();

  /** Why the value is unusable and what to write instead; empty when it is fine. */
  Optional<String> problemWith(String value);

  /** Any text. */
  record Text(String label) implements FlagType {
    @Override
    public Optional<String> problemWith(String value) {
      return Optional.empty();
    }
  }

  /** Go's spellings of true and false; a bare flag means true. */
  record Bool() implements FlagType {
    private static final Set<String> TRUE = Set.of("1", "t", "T", "true", "TRUE", "True");
    private static final Set<String> FALSE = Set.of("0", "f", "F", "false", "FALSE", "False");

    static boolean parse(String value) {
      return TRUE.contains(value);
    }

    @Override
    public String label() {
      return "true|false";
    }

    @Override
    public Optional<String> problemWith(String value) {
      return TRUE.contains(value) || FALSE.contains(value)
          ? Optional.empty()
          : Optional.of("give true or false");
    }
  }

  /** A whole number between two bounds, both included. */
  record Whole(long min, long max, String label) implements FlagType {
    @Override
    public Optional<String> problemWith(String value) {
      try {
        long number = Long.parseLong(value.strip());
        if (number >= min && number <= max) {
          return Optional.empty();
        }
      } catch (NumberFormatException notANumber) {
        return Optional.of("not a whole number; give one from " + min + " to " + max);
      }
      return Optional.of("out of bounds; give a whole number from " + min + " to " + max);
    }
  }

  /** A length of time as Go writes it: {@code 1h30m}, {@code 250ms}. */
  record Time() implements FlagType {
    @Override
    public String label() {
      return "duration";
    }

    @Override
    public Optional<String> problemWith(String value) {
      return GoDuration.parse(value).isPresent()
          ? Optional.empty()
          : Optional.of("not a duration; write for example 5s, 250ms or 1h30m");
    }
  }

  /** One of a few words. */
  record Choice(List<String> words) implements FlagType {
    @Override
    public String label() {
      return String.join("|", words);
    }

    @Override
    public Optional<String> problemWith(String value) {
      return words.contains(value)
          ? Optional.empty()
          : Optional.of("give one of " + String.join(", ", words));
    }
  }

  /**
   * URLs separated by commas, each with scheme, host and port.
   *
   * @param unixSockets whether {@code unix://path} may stand there as well
   */
  record Urls(boolean unixSockets) implements FlagType {
    @Override
    public String label() {
      return "url,...";
    }

    @Override
    public Optional<String> problemWith(String value) {
      if (value.isEmpty()) {
        return Optional.empty();
      }
      for (String url : value.split(",", -1)) {
        Optional<String> problem = MemberUrl.problemWith(url.strip(), unixSockets);
        if (problem.isPresent()) {
          return problem;
        }
      }
      return Optional.empty();
    }
  }
}
