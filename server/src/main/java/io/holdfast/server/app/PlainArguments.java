package io.holdfast.server.app;

import io.holdfast.server.app.flag.Flag;
import io.holdfast.server.app.flag.FlagType;
import io.holdfast.server.app.flag.Flags;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the command line of a member that is to start and nothing else: known flags with values.
 * Setting up the library that can also explain, help and correct costs a third of a second, so it
 * is called only where the command line has something for it.
 */
final class PlainArguments {
  private PlainArguments() {}

  /**
   * The flags that are given, the last of each; empty when the arguments are not those of {@code
   * server}, or hold anything that may need a word of explanation.
   */
  static Optional<Map<String, String>> ofServer(String... arguments) {
    if (arguments.length == 0 || !arguments[0].equals("server")) {
      return Optional.empty();
    }
    Map<String, String> given = new LinkedHashMap<>();
    int at = 1;
    while (at < arguments.length) {
      int equals = arguments[at].indexOf('=');
      String option = equals < 0 ? arguments[at] : arguments[at].substring(0, equals);
      Optional<Flag> flag = Flags.find(bareName(option));
      if (flag.isEmpty()) {
        return Optional.empty();
      }
      String next = at + 1 < arguments.length ? arguments[at + 1] : "";
      String value;
      if (equals >= 0) {
        value = arguments[at].substring(equals + 1);
      } else if (flag.get().type() instanceof FlagType.Bool) {
        if (!next.isEmpty() && !next.startsWith("-")) {
          return Optional.empty();
        }
        value = "true";
      } else {
        value = next.startsWith("-") ? "" : next;
        at++;
      }
      if (value.isEmpty()) {
        return Optional.empty();
      }
      given.put(flag.get().name(), value);
      at++;
    }
    return Optional.of(given);
  }

  /** Without the one or two dashes in front; no flag's name when there are none. */
  private static String bareName(String option) {
    if (option.startsWith("--")) {
      return option.substring(2);
    }
    return option.startsWith("-") ? option.substring(1) : "";
  }
}
