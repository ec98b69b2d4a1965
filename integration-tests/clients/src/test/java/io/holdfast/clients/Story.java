package io.holdfast.clients;

import io.holdfast.harness.Programs;
import java.lang.module.ModuleDescriptor.Version;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a client's program saw, line by line: the call, a tab, and what came of it. Two stores that
 * behave alike make it tell the same.
 */
record Story(List<String> lines) {
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final Pattern SINCE = Pattern.compile("^since ([0-9.]+): ");

  /** Runs the program to its end against the store at these endpoints. */
  static Story of(List<String> command, String endpoints) {
    List<String> whole = new ArrayList<>(command);
    whole.add("--endpoints");
    whole.add(endpoints);
    Programs.Outcome outcome = Programs.run(whole, Map.of(), PATIENCE);
    if (outcome.exitCode() != 0) {
      throw new AssertionError(
          String.join(" ", whole)
              + " failed; it saw\n"
              + outcome.out()
              + "and then\n"
              + outcome.err());
    }
    List<String> lines = outcome.out().lines().toList();
    for (String line : lines) {
      if (line.indexOf('\t') <= 0) {
        throw new AssertionError("no call in the line: " + line);
      }
    }
    return new Story(lines);
  }

  /**
   * What a store of a version lets a client see. Before the call in an observation that older ones
   * do not allow stands since when it is allowed: {@code since 3.5: Auth.AuthStatus}.
   */
  Story knownTo(Version store) {
    return new Story(lines.stream().filter(line -> since(line).compareTo(store) <= 0).toList());
  }

  private static Version since(String line) {
    Matcher since = SINCE.matcher(line);
    return Version.parse(since.lookingAt() ? since.group(1) : "0");
  }

  /** How many observations each call has. */
  Map<String, Integer> calls() {
    Map<String, Integer> counts = new TreeMap<>();
    for (String line : lines) {
      String call = line.substring(0, line.indexOf('\t'));
      counts.merge(SINCE.matcher(call).replaceFirst(""), 1, Integer::sum);
    }
    return counts;
  }
}
