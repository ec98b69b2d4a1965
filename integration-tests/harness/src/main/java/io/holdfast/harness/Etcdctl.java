package io.holdfast.harness;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The real {@code etcdctl}, pointed at some endpoints. */
public final class Etcdctl {
  private final String program;
  private final String endpoints;

  public Etcdctl(String endpoints) {
    this.program =
        Programs.find("etcdctl")
            .orElseThrow(() -> new IllegalStateException("no etcdctl installed"))
            .toString();
    this.endpoints = endpoints;
  }

  /** Runs a command to its end. */
  public Programs.Outcome run(String... arguments) {
    return run(List.of(arguments));
  }

  /** Runs a command to its end. */
  public Programs.Outcome run(List<String> arguments) {
    return run(arguments, "");
  }

  /** Runs a command with {@code input} on its standard input to its end. */
  public Programs.Outcome run(List<String> arguments, String input) {
    return Programs.run(command(arguments), environment(), input, Duration.ofSeconds(30));
  }

  public List<String> command(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(program);
    command.add("--endpoints=" + endpoints);
    command.addAll(arguments);
    return command;
  }

  public Map<String, String> environment() {
    return Map.of("ETCDCTL_API", "3");
  }
}
