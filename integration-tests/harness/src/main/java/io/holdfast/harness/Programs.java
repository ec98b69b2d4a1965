package io.holdfast.harness;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Finds and runs programs of the machine. */
public final class Programs {
  private Programs() {}

  /** Where a program is: the path in {@code -Dholdfast.peer.<name>=}, or the first on PATH. */
  public static Optional<Path> find(String name) {
    String named = System.getProperty("holdfast.peer." + name);
    if (named != null) {
      return Optional.of(Path.of(named));
    }
    for (String folder : System.getenv("PATH").split(File.pathSeparator)) {
      Path candidate = Path.of(folder, name);
      if (Files.isExecutable(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  /**
   * Whether a test that needs {@code name} can run. In CI (the variable {@code CI} is set) a
   * missing peer is an error; elsewhere the test is to be skipped, and this says so loudly.
   */
  public static boolean available(String name) {
    boolean found = find(name).isPresent();
    if (!found && System.getenv("CI") != null) {
      throw new IllegalStateException(name + " is missing on a CI machine: install it");
    }
    if (!found) {
      System.err.println("*** SKIPPED: " + name + " is not installed, its tests do not run ***");
    }
    return found;
  }

  /** What a finished program left. */
  public record Outcome(int exitCode, String out, String err) {}

  /** Runs a program without input to its end. */
  public static Outcome run(
      List<String> command, Map<String, String> environment, Duration timeout) {
    return run(command, environment, "", timeout);
  }

  /** Runs a program to its end; one that takes longer than {@code timeout} is killed. */
  public static Outcome run(
      List<String> command, Map<String, String> environment, String input, Duration timeout) {
    try {
      Path out = Files.createTempFile("holdfast-out", ".txt");
      Path err = Files.createTempFile("holdfast-err", ".txt");
      try {
        ProcessBuilder builder =
            new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        try (OutputStream stdin = process.getOutputStream()) {
          stdin.write(input.getBytes(StandardCharsets.UTF_8));
        }
        if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
          process.destroyForcibly().waitFor();
          throw new IllegalStateException(
              String.join(" ", command) + " did not end within " + timeout + ": " + read(err));
        }
        return new Outcome(process.exitValue(), read(out), read(err));
      } finally {
        Files.delete(out);
        Files.delete(err);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.UTF_8);
  }
}
