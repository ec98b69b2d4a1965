package io.holdfast.harness;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Which store runs: the one under test or the peer it is compared with. */
public enum Flavor {
  HOLDFAST {
    @Override
    public List<String> command() {
      Path java = Path.of(System.getProperty("java.home"), "bin", "java");
      List<String> command = new ArrayList<>();
      command.add(java.toString());
      command.addAll(List.of("-XX:+UseSerialGC", "-Xmx512m", "-XX:TieredStopAtLevel=4"));
      command.addAll(List.of("-jar", serverJar().toString(), "server"));
      return command;
    }
  },
  ETCD {
    @Override
    public List<String> command() {
      return List.of(
          Programs.find("etcd")
              .orElseThrow(() -> new IllegalStateException("no etcd installed"))
              .toString());
    }
  };

  /**
   * The store that a test runs against: Holdfast, unless {@code -Dholdfast.flavor=etcd} asks
   * whether the test itself is right.
   */
  public static Flavor underTest() {
    return "etcd".equals(System.getProperty("holdfast.flavor")) ? ETCD : HOLDFAST;
  }

  /** The program and its leading arguments; etcd's flags follow, which both understand. */
  public abstract List<String> command();

  private static Path serverJar() {
    String named =
        Optional.ofNullable(System.getProperty("holdfast.server.jar"))
            .orElse("../../server/target/quarkus-app/quarkus-run.jar");
    Path jar = Path.of(named).toAbsolutePath().normalize();
    if (!Files.exists(jar)) {
      throw new IllegalStateException(
          jar
              + " is missing: package the server first (./mvnw -pl server -am package), or name"
              + " another with -Dholdfast.server.jar=...");
    }
    return jar;
  }
}
