package io.holdfast.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.driver.testing.StoreProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./holdfast demo}, as the README tells a newcomer to run it. */
class DemoCommandIT {
  private static final String LAUNCHER = System.getProperty("holdfast.test.server").split(" ")[0];
  private static final long SECONDS_MAX = 120;

  @TempDir private Path folder;

  private final int httpPort = StoreProcess.freePort();
  private Path output;
  private Process demo;

  @BeforeEach
  void start() throws Exception {
    output = folder.resolve("output");
    // In a session of its own, as under a terminal: what is sent to its group reaches all of it.
    ProcessBuilder command =
        new ProcessBuilder(
            "setsid",
            LAUNCHER,
            "demo",
            "--client-port=" + StoreProcess.freePort(),
            "--http-port=" + httpPort);
    command.environment().put("HOLDFAST_OPTS", "-Djava.io.tmpdir=" + folder);
    demo = command.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    awaitOutput("Ctrl-C ends both.");
  }

  @AfterEach
  void clear() throws Exception {
    demo.descendants().forEach(ProcessHandle::destroyForcibly);
    demo.destroyForcibly().waitFor();
  }

  @Test
  void itsFirstCommandChangesTheGreetingAndCtrlCEndsAll() throws Exception {
    GreetingPage greeting = new GreetingPage(httpPort, this::output);
    assertEquals("Nobody has greeted yet.\n", greeting.get("text/plain"));
    run(List.of("sh", "-c", printed("./holdfast put").replace("./holdfast", LAUNCHER)));
    greeting.await("Hello, harbour");
    List<ProcessHandle> children = demo.children().toList();
    assertEquals(2, children.size(), "a store and an application");
    end(-demo.pid());
    assertEndsQuietly(children);
  }

  @Test
  void aChildMayHearOfCtrlCFirst() throws Exception {
    List<ProcessHandle> children = demo.children().toList();
    for (ProcessHandle child : children) {
      end(child.pid());
    }
    CompletableFuture.anyOf(
            children.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
        .get(SECONDS_MAX, TimeUnit.SECONDS);
    end(demo.pid());
    assertEndsQuietly(children);
  }

  @Test
  void theChildrenEndWithItThoughTheyHearNothing() throws Exception {
    List<ProcessHandle> children = demo.children().toList();
    end(demo.pid());
    assertEndsQuietly(children);
  }

  @Test
  void aChildThatEndsByItselfIsNamedAndTheOtherEnds() throws Exception {
    List<ProcessHandle> children = demo.children().toList();
    children.stream()
        .filter(child -> child.info().commandLine().orElse("").contains("quarkus-run.jar"))
        .forEach(ProcessHandle::destroyForcibly);
    assertTrue(demo.waitFor(SECONDS_MAX, TimeUnit.SECONDS), this::output);
    assertEquals(1, demo.exitValue(), this::output);
    assertTrue(output().contains("holdfast: the application ended by itself"), this::output);
    assertFalse(children.stream().anyMatch(ProcessHandle::isAlive), "the store outlives the demo");
    assertEquals(List.of(), dataFolders());
  }

  private void assertEndsQuietly(List<ProcessHandle> children) throws Exception {
    assertTrue(demo.waitFor(SECONDS_MAX, TimeUnit.SECONDS), this::output);
    assertEquals(0, demo.exitValue(), this::output);
    assertTrue(output().endsWith("Ctrl-C ends both.\n"), this::output);
    assertFalse(children.stream().anyMatch(ProcessHandle::isAlive), "a child outlives the demo");
    assertEquals(List.of(), dataFolders());
  }

  /**
   * Sends SIGTERM, to a group when the pid is negative. Java treats SIGINT, a terminal's Ctrl-C,
   * the same way, but ignores it when the build runs in the background of a shell.
   */
  private static void end(long pid) throws Exception {
    run(List.of("kill", "-TERM", "--", Long.toString(pid)));
  }

  private void awaitOutput(String text) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_MAX);
    while (!output().contains(text)) {
      assertTrue(demo.isAlive() && System.nanoTime() < deadline, this::output);
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private String printed(String start) {
    return output().lines().map(String::strip).filter(l -> l.startsWith(start)).findFirst().get();
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor(), command::toString);
  }

  private List<Path> dataFolders() throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.filter(Files::isDirectory).toList();
    }
  }

  private String output() {
    try {
      return Files.readString(output);
    } catch (IOException unreadable) {
      return "(no output: " + unreadable.getMessage() + ")";
    }
  }
}
