package io.holdfast.demo;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The packaged application in a process of its own. */
final class DemoProcess implements AutoCloseable {
  private static final Path JAR = Path.of("target", "quarkus-app", "quarkus-run.jar");
  private static final long READY_SECONDS = 60;

  private final HttpClient http = HttpClient.newHttpClient();
  private final int port;
  private final Path log;
  private final Process process;

  private DemoProcess(int port, Path log, Process process) {
    this.port = port;
    this.log = log;
    this.process = process;
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
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/greeting"))
            .header("Accept", mediaType)
            .build();
    HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new AssertionError(answer.statusCode() + " " + answer.body() + "\n" + log());
    }
    return answer.body();
  }

  void awaitGreeting(String expected) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    String seen = get("text/plain");
    while (!seen.equals(expected + "\n")) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("still greets " + seen + ", not " + expected + "\n" + log());
      }
      TimeUnit.MILLISECONDS.sleep(10);
      seen = get("text/plain");
    }
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
