package io.holdfast.clients;

import io.holdfast.harness.Programs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a client's program saw, line by line: the call, a tab, and what came of it. Two stores that
 * behave alike make it tell the same.
 */
record Story(List<String> lines) {
  private static final Duration PATIENCE = Duration.ofMinutes(4);

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

  /** How many observations each call has. */
  Map<String, Integer> calls() {
    Map<String, Integer> counts = new TreeMap<>();
    for (String line : lines) {
      counts.merge(line.substring(0, line.indexOf('\t')), 1, Integer::sum);
    }
    return counts;
  }
}
