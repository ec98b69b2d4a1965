package io.holdfast.harness.fault;

import io.holdfast.harness.Programs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Tampers with the system calls of a running process: lets them fail, take long, or be the
 * process's last. The counts in an injection ("when=3") are per thread.
 */
public final class Strace implements AutoCloseable {
  private static final Duration ATTACHED_WITHIN = Duration.ofSeconds(30);

  private final Process process;
  private final Path trace;

  private Strace(Process process, Path trace) {
    this.process = process;
    this.trace = trace;
  }

  /** Whether processes can be traced here; says why not. */
  public static boolean isUsable() {
    if (!Needs.programs("strace")) {
      return false;
    }
    Programs.Outcome outcome =
        Programs.run(
            List.of("strace", "-o", "/dev/null", "true"), Map.of(), Duration.ofSeconds(30));
    return outcome.exitCode() == 0
        || Needs.skipped("strace may not trace here: " + outcome.err().trim());
  }

  /**
   * Tampers with a process from now on.
   *
   * @param calls the system calls, separated by commas
   * @param injection what happens to them, in strace's words: "error=EIO", "delay_enter=200000"
   *     (microseconds), "signal=KILL:when=7"
   * @param trace where the calls are written, with the paths they are about
   */
  public static Strace attach(long pid, String calls, String injection, Path trace) {
    return attach(pid, List.of(), calls, injection, trace);
  }

  /** The same for those calls alone that are about one file. */
  public static Strace attach(long pid, Path file, String calls, String injection, Path trace) {
    return attach(pid, List.of("-P", file.toString()), calls, injection, trace);
  }

  private static Strace attach(
      long pid, List<String> filter, String calls, String injection, Path trace) {
    Path said = trace.resolveSibling(trace.getFileName() + ".said");
    try {
      List<String> command =
          new ArrayList<>(List.of(Programs.find("strace").orElseThrow().toString(), "-f", "-y"));
      command.addAll(filter);
      command.addAll(List.of("-p", Long.toString(pid)));
      command.addAll(List.of("-e", "trace=" + calls, "-e", "inject=" + calls + ":" + injection));
      command.addAll(List.of("-o", trace.toString()));
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(said.toFile())
              .start();
      Strace strace = new Strace(process, trace);
      strace.awaitAttached(said);
      return strace;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What to put before a command to tamper with the process from its first call on. The process
   * keeps its place as the child of whoever starts it.
   */
  public static List<String> prefix(String calls, String injection, Path trace) {
    return List.of(
        Programs.find("strace").orElseThrow().toString(),
        "-D",
        "-f",
        "-y",
        "-e",
        "trace=" + calls,
        "-e",
        "inject=" + calls + ":" + injection,
        "-o",
        trace.toString());
  }

  /**
   * The same at little cost for the calls that are not asked for; cannot kill, see strace's
   * "--seccomp-bpf".
   */
  public static List<String> prefixOfFewCalls(String calls, String injection, Path trace) {
    List<String> prefix = new ArrayList<>(prefix(calls, injection, trace));
    prefix.add(1, "--seccomp-bpf");
    return prefix;
  }

  private void awaitAttached(Path said) throws IOException {
    long end = System.nanoTime() + ATTACHED_WITHIN.toNanos();
    while (!Files.readString(said).contains("attached")) {
      if (!process.isAlive() || System.nanoTime() > end) {
        process.destroy();
        throw new IllegalStateException("strace cannot attach: " + Files.readString(said));
      }
      Pause.millis(5);
    }
  }

  /** The calls seen so far, one a line: thread, call, path. */
  public List<String> lines() {
    return lines(trace);
  }

  /** The calls in a trace, one a line. */
  public static List<String> lines(Path trace) {
    try {
      return Files.exists(trace)
          ? Files.readAllLines(trace, StandardCharsets.ISO_8859_1)
          : List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Lets go: the process goes on untampered. */
  @Override
  public void close() {
    process.destroy();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
