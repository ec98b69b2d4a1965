package io.holdfast.scenarios;

import io.holdfast.harness.Programs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Walks a section of docs/operations.md: runs its commands as they stand there, in one shell, with
 * the places that the section leaves open filled in. What an operator copies from the page is what
 * is tested.
 *
 * <p>Servers that the section starts in the background stay behind, as they would for the operator;
 * {@link #close} ends them.
 */
final class OperationsGuide implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Pattern FENCE = Pattern.compile("(?s)```sh\\n(.*?)```");

  private final Path root = Path.of(System.getProperty("holdfast.root", "../..")).toAbsolutePath();
  private final Path directory;
  private final List<Long> servers = new ArrayList<>();
  private int walks;

  /**
   * @param directory where the logs of walks and servers go
   */
  OperationsGuide(Path directory) {
    this.directory = directory;
  }

  /**
   * The commands of a section, in order.
   *
   * @param heading its title, without the signs before it
   */
  String commandsOf(String heading) {
    try {
      String guide = Files.readString(root.resolve("docs/operations.md"));
      Matcher title =
          Pattern.compile("(?m)^(#{2,3}) " + Pattern.quote(heading) + "$").matcher(guide);
      if (!title.find()) {
        throw new AssertionError("docs/operations.md has no section \"" + heading + "\"");
      }
      String section = guide.substring(title.end());
      Matcher next = Pattern.compile("(?m)^#{2," + title.group(1).length() + "} ").matcher(section);
      Matcher fences = FENCE.matcher(next.find() ? section.substring(0, next.start()) : section);
      StringBuilder commands = new StringBuilder();
      while (fences.find()) {
        commands.append(fences.group(1));
      }
      if (commands.isEmpty()) {
        throw new AssertionError("the section \"" + heading + "\" has no commands");
      }
      return commands.toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Runs a section's commands to their end.
   *
   * @param variables what the operator fills in
   * @return what the commands printed
   */
  String walk(String heading, Map<String, String> variables) {
    Path pids = directory.resolve("walk-" + ++walks + ".pids");
    // A command that fails ends the walk; whatever was started in the background is noted.
    String script =
        "set -eu; trap 'jobs -p > " + pids + "' EXIT\ncd " + root + "\n" + commandsOf(heading);
    Map<String, String> environment = new LinkedHashMap<>(variables);
    environment.put("ETCDCTL_API", "3");
    environment.put("HOLDFAST_BUILD", "never");
    environment.put("HOLDFAST_OPTS", "-Xmx512m");
    try {
      Programs.Outcome outcome = Programs.run(List.of("bash", "-c", script), environment, PATIENCE);
      if (outcome.exitCode() != 0) {
        throw new AssertionError(
            "walking \"" + heading + "\" failed:\n" + outcome.out() + outcome.err());
      }
      return outcome.out();
    } finally {
      remember(pids);
    }
  }

  private void remember(Path pids) {
    try {
      if (Files.exists(pids)) {
        Files.readAllLines(pids).forEach(pid -> servers.add(Long.parseLong(pid.trim())));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    for (long pid : servers) {
      ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }
  }
}
