package io.holdfast.server.app;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The packaged program as a process of its own, for tests that look at it from outside. */
final class PackagedServer implements AutoCloseable {
  private static final Path PROGRAM = Path.of("target", "quarkus-app", "quarkus-run.jar");
  private static final long SECONDS_MAX = 120;

  private final Process process;
  private final List<String> errorLines = new ArrayList<>();
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final Thread reader;

  private PackagedServer(Process process) {
    this.process = process;
    this.reader = new Thread(this::readErrors, "stderr of " + process.pid());
    reader.setDaemon(true);
    reader.start();
  }

  /** Runs the program with these arguments, in a folder, without inherited variables of etcd's. */
  static PackagedServer run(Path folder, String... arguments) throws IOException {
    return new PackagedServer(
        builder(folder, arguments).redirectOutput(ProcessBuilder.Redirect.DISCARD).start());
  }

  /** What the program wrote to its standard output when it ended, and its exit code. */
  record Ended(int exitCode, String output, List<String> errorLines) {}

  /** Runs the program to its end. */
  static Ended runToEnd(Path folder, String... arguments) throws Exception {
    Path output = Files.createTempFile(folder, "stdout", "");
    try (PackagedServer program =
        new PackagedServer(builder(folder, arguments).redirectOutput(output.toFile()).start())) {
      int exitCode = program.awaitExit();
      return new Ended(exitCode, Files.readString(output), program.errorLines());
    } finally {
      Files.delete(output);
    }
  }

  private static ProcessBuilder builder(Path folder, String... arguments) {
    assertTrue(Files.exists(PROGRAM), "package the server first: " + PROGRAM.toAbsolutePath());
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m"));
    command.addAll(List.of("-jar", PROGRAM.toAbsolutePath().toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("ETCD"));
    // As the launcher does: arguments are read as UTF-8.
    builder.environment().put("LC_ALL", "C.UTF-8");
    return builder;
  }

  /** A port that nobody listens on now. */
  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** Waits for the line that says that the member serves. */
  void awaitReady() throws Exception {
    try {
      ready.get(SECONDS_MAX, TimeUnit.SECONDS);
    } catch (TimeoutException late) {
      throw new AssertionError("not ready; it wrote: " + errorLines(), late);
    }
  }

  /** Asks the process to end, as a service manager does. */
  void terminate() {
    process.destroy();
  }

  /** Ends the process so that nothing in it can react; waits until it is gone. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    awaitExit();
  }

  int awaitExit() throws InterruptedException {
    assertTrue(process.waitFor(SECONDS_MAX, TimeUnit.SECONDS), "still running: " + errorLines());
    reader.join(TimeUnit.SECONDS.toMillis(SECONDS_MAX));
    return process.exitValue();
  }

  List<String> errorLines() {
    synchronized (errorLines) {
      return List.copyOf(errorLines);
    }
  }

  /** What was written for people: everything but log lines. */
  List<String> plainErrorLines() {
    return errorLines().stream().filter(line -> !line.startsWith("{")).toList();
  }

  private void readErrors() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        synchronized (errorLines) {
          errorLines.add(line);
        }
        if (line.contains("ready to serve client requests")) {
          ready.complete(null);
        }
      }
      ready.completeExceptionally(new AssertionError("ended: " + errorLines()));
    } catch (IOException broken) {
      ready.completeExceptionally(new UncheckedIOException(broken));
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
