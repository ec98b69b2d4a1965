package io.holdfast.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The packaged application in a process of its own. */
final class DemoProcess implements AutoCloseable {
  private static final Path JAR = Path.of("target", "quarkus-app", "quarkus-run.jar");
  private static final long READY_SECONDS = 60;

  private final Path log;
  private final Process process;
  private final GreetingPage greeting;

  private DemoProcess(int port, Path log, Process process) {
    this.log = log;
    this.process = process;
    this.greeting = new GreetingPage(port, this::log);
  }

  static DemoProcess launch(int port, String... options) throws IOException {
    Path log = Files.createTempFile("holdfast-demo", ".log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-Dquarkus.http.port=" + port);
    command.addAll(List.of(options));
    command.addAll(List.of("-jar", JAR.toString()));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    return new DemoProcess(port, log, process);
  }

  DemoProcess awaitReady() throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_SECONDS);
    while (true) {
      try {
        get("text/plain");
        return this;
      } catch (IOException notYet) {
        if (System.nanoTime() > deadline || !process.isAlive()) {
          throw new AssertionError("the application does not become ready:\n" + log());
        }
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }
  }

  /** The greeting in the given form. */
  String get(String mediaType) throws IOException, InterruptedException {
    return greeting.get(mediaType);
  }

  void awaitGreeting(String expected) throws IOException, InterruptedException {
    greeting.await(expected);
  }

  /** Asks the process to end, as Ctrl-C does; answers its exit code. */
  int end() throws InterruptedException {
    process.destroy();
    return awaitExit();
  }

  /** The exit code of a process that ends by itself. */
  int awaitExit() throws InterruptedException {
    if (!process.waitFor(READY_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("the application does not end:\n" + log());
    }
    return process.exitValue();
  }

  String log() {
    try {
      return Files.readString(log);
    } catch (IOException unreadable) {
      return "(no log: " + unreadable.getMessage() + ")";
    }
  }

  @Override
  public void close() throws IOException, InterruptedException {
    process.destroyForcibly().waitFor();
    Files.delete(log);
  }
}
