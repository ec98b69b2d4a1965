package io.holdfast.server.simulation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The table in docs/reliability.md that says which seeds have been run: a chunk goes on where the
 * last one ended, and adds its line.
 */
final class SoakLedger {
  /** Seeds below belong to the builds. */
  private static final long FIRST_SEED = 1_000_001;

  private static final Pattern LINE =
      Pattern.compile("\\| \\S+ \\| \\S+ \\| (\\d+)-(\\d+) \\| ([0-9.]+) \\| .*");

  private final Path file;

  SoakLedger(Path file) {
    this.file = file;
  }

  /** The first seed that has not been run. */
  long nextSeed() throws IOException {
    long next = FIRST_SEED;
    for (String line : lines()) {
      Matcher chunk = LINE.matcher(line);
      if (chunk.matches()) {
        next = Math.max(next, Long.parseLong(chunk.group(2)) + 1);
      }
    }
    return next;
  }

  /** All simulated hours so far. */
  double hours() throws IOException {
    double hours = 0;
    for (String line : lines()) {
      Matcher chunk = LINE.matcher(line);
      hours += chunk.matches() ? Double.parseDouble(chunk.group(3)) : 0;
    }
    return hours;
  }

  /** Adds a chunk behind the last one; the table ends the file. */
  void add(String date, String commit, long firstSeed, long lastSeed, double hours, String result)
      throws IOException {
    String line =
        String.format(
            "| %s | %s | %d-%d | %.2f | %s |%n", date, commit, firstSeed, lastSeed, hours, result);
    Files.writeString(
        file, Files.readString(file, StandardCharsets.UTF_8) + line, StandardCharsets.UTF_8);
  }

  private List<String> lines() throws IOException {
    return Files.readAllLines(file, StandardCharsets.UTF_8);
  }
}
