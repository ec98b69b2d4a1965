package io.holdfast.server.cli.rehearsal;

import io.holdfast.server.error.StartupException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A member as a process of its own, which writes its log to a file. */
final class RehearsingMember {
  private static final String MAIN_CLASS = "io.holdfast.server.app.Main";
  private static final String READY = "ready to serve client requests";
  private static final long READY_SECONDS_MAX = 60;
  private static final long LOOK_MILLIS = 100;

  /** Ending includes writing down what was recorded. */
  private static final long END_SECONDS_MAX = 120;

  private final Process process;
  private final Path log;

  private RehearsingMember(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  static RehearsingMember start(List<String> jvmOptions, List<String> flags, Path log)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmOptions);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), MAIN_CLASS, "server"));
    command.addAll(flags);
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().keySet().removeIf(variable -> variable.startsWith("ETCD_"));
    return new RehearsingMember(builder.start(), log);
  }

  /**
   * @throws StartupException when the member ends or takes too long, with what it wrote
   */
  void awaitReady() throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_SECONDS_MAX);
    while (!written().contains(READY)) {
      if (!process.isAlive() || System.nanoTime() > end) {
        throw new StartupException("a member of the rehearsal did not start:\n" + written());
      }
      Thread.sleep(LOOK_MILLIS);
    }
  }

  private String written() throws IOException {
    return Files.readString(log, StandardCharsets.UTF_8);
  }

  /** Ends it in good order. */
  void end() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(END_SECONDS_MAX, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }

  void endAtOnce() {
    process.destroyForcibly();
  }
}
