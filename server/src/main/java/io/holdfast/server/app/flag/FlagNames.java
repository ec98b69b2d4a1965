package io.holdfast.server.app.flag;

import java.util.List;
import java.util.Optional;

/** Finds the flag that somebody meant when writing one that does not exist. */
public final class FlagNames {
  private static final int DISTANCE_MAX = 4;

  private FlagNames() {}

  /** The error for an argument that is no flag, with the nearest one as a suggestion. */
  public static UsageException unknown(String argument) {
    String name = bareName(argument);
    if (!argument.startsWith("-")) {
      return new UsageException(
          "\"" + argument + "\" is not a flag; flags are written --name=value (see --help)");
    }
    String hint = nearest(name).map(near -> "; did you mean --" + near + "?").orElse("");
    return new UsageException("unknown flag --" + name + hint + " (see --help)");
  }

  /** The name without dashes and without what follows an equals sign. */
  public static String bareName(String argument) {
    int start = 0;
    while (start < argument.length() && argument.charAt(start) == '-') {
      start++;
    }
    int equals = argument.indexOf('=', start);
    return argument.substring(start, equals < 0 ? argument.length() : equals);
  }

  /** The flag whose name takes the fewest changed letters, when it takes few. */
  static Optional<String> nearest(String name) {
    return nearest(name, Flags.all().stream().map(Flag::name).toList());
  }

  /** The one of some words that takes the fewest changed letters, when it takes few. */
  public static Optional<String> nearest(String name, List<String> words) {
    String best = null;
    int bestDistance = Math.min(DISTANCE_MAX, Math.max(1, name.length() / 2)) + 1;
    for (String word : words) {
      int distance = distance(name, word);
      if (distance < bestDistance) {
        bestDistance = distance;
        best = word;
      }
    }
    return Optional.ofNullable(best);
  }

  /** Levenshtein's distance; names are short, so two rows of the table are enough. */
  private static int distance(String from, String to) {
    int[] previous = new int[to.length() + 1];
    int[] current = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      current[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int change = from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1;
        int insertOrRemove = Math.min(current[j - 1], previous[j]) + 1;
        current[j] = Math.min(previous[j - 1] + change, insertOrRemove);
      }
      int[] swap = previous;
      previous = current;
      current = swap;
    }
    return previous[to.length()];
  }
}
