package io.holdfast.server.cli.demo;

import io.holdfast.server.error.StartupException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One of the two processes of the demonstration. Its last lines are kept, to be shown if it fails.
 */
final class DemoChild implements AutoCloseable {
  /** Set by the launcher; without it the place in the source tree is tried. */
  private static final String JAR_PROPERTY = "holdfast.demo.jar";

  private static final Path JAR_IN_TREE =
      Path.of("integration-tests", "demo", "target", "quarkus-app", "quarkus-run.jar");
  private static final String MAIN_CLASS = "io.holdfast.server.app.Main";
  private static final int LINES_KEPT = 20;
  private static final long READY_SECONDS_MAX = 120;
  private static final long END_SECONDS_MAX = 5;

  private final String name;
  private final Process process;
  private final Deque<String> lastLines = new ArrayDeque<>();
  private final CompletableFuture<String> marker = new CompletableFuture<>();
  private volatile String awaited = "";

  private DemoChild(String name, Process process) {
    this.name = name;
    this.process = process;
    Thread reader = new Thread(this::readLines, "output of " + name);
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * The packaged application.
   *
   * @throws StartupException when it has not been built
   */
  static Path applicationJar() {
    Path jar = Path.of(System.getProperty(JAR_PROPERTY, JAR_IN_TREE.toString()));
    if (!Files.isRegularFile(jar)) {
      throw new StartupException(
          "the demo application is not built: "
              + jar
              + " is missing; run ./holdfast demo, which"
              + " builds it");
    }
    return jar;
  }

  /** Runs a store of its own in a folder. */
  static DemoChild store(Path folder, int clientPort, int peerPort) throws IOException {
    List<String> command = java();
    command.add("-Djava.util.logging.manager=org.jboss.logmanager.LogManager");
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), MAIN_CLASS, "server"));
    command.add("--name=demo");
    command.add("--data-dir=" + folder.resolve("demo.holdfast"));
    command.add("--listen-client-urls=http://127.0.0.1:" + clientPort);
    command.add("--advertise-client-urls=http://127.0.0.1:" + clientPort);
    command.add("--listen-peer-urls=http://127.0.0.1:" + peerPort);
    return start("store", command);
  }

  /** Runs the application against the store; it waits for the store by itself. */
  static DemoChild application(Path jar, int storePort, int httpPort) throws IOException {
    List<String> command = java();
    command.add("-Dholdfast.config.url=etcd://127.0.0.1:" + storePort);
    command.add("-Dholdfast.config.on-absent=start-empty");
    command.add("-Dquarkus.http.port=" + httpPort);
    command.addAll(List.of("-jar", jar.toString()));
    return start("application", command);
  }

  private static List<String> java() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    return command;
  }

  private static DemoChild start(String name, List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeIf(variable -> variable.startsWith("ETCD_"));
    return new DemoChild(name, builder.start());
  }

  /**
   * Waits until the process writes a line with this text.
   *
   * @throws StartupException when it ends or takes too long, with what it wrote last
   */
  void awaitLine(String text) throws InterruptedException {
    synchronized (lastLines) {
      awaited = text;
      lastLines.stream()
          .filter(line -> line.contains(text))
          .findFirst()
          .ifPresent(marker::complete);
    }
    try {
      marker.get(READY_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException failed) {
      throw new StartupException("the " + name + " did not start; it wrote:\n" + written(), failed);
    }
  }

  /**
   * Waits until one of the processes ends.
   *
   * @throws StartupException when it did so by itself, which is a failure
   */
  static void awaitFirstEnd(List<DemoChild> children, EndTogether together)
      throws InterruptedException {
    CompletableFuture.anyOf(
            children.stream()
                .map(child -> child.process.onExit())
                .toArray(CompletableFuture[]::new))
        .join();
    if (together.isUnderWay()) {
      return;
    }
    for (DemoChild child : children) {
      if (!child.process.isAlive()) {
        throw new StartupException(
            "the " + child.name + " ended by itself; it wrote:\n" + child.written());
      }
    }
  }

  private void readLines() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        synchronized (lastLines) {
          lastLines.addLast(line);
          if (lastLines.size() > LINES_KEPT) {
            lastLines.removeFirst();
          }
          if (!awaited.isEmpty() && line.contains(awaited)) {
            marker.complete(line);
          }
        }
      }
      marker.completeExceptionally(new IOException(name + " ended"));
    } catch (IOException broken) {
      marker.completeExceptionally(broken);
    }
  }

  private String written() {
    synchronized (lastLines) {
      return String.join("\n", lastLines);
    }
  }

  /** Asks the process to end and, if it does not, ends it. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(END_SECONDS_MAX, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
