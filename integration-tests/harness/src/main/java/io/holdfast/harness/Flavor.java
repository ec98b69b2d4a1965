package io.holdfast.harness;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Which store runs: the one under test or the peer it is compared with. */
public enum Flavor {
  HOLDFAST {
    @Override
    public List<String> command() {
      return List.of(launcher().toString(), "server");
    }

    @Override
    public Map<String, String> environment() {
      return Map.of("HOLDFAST_BUILD", "never", "HOLDFAST_OPTS", "-Xmx512m");
    }

    @Override
    synchronized void prepare() {
      if (!prepared) {
        Programs.Outcome outcome =
            Programs.run(
                List.of(launcher().toString(), "server", "--help"), environment(), PREPARED_WITHIN);
        if (outcome.exitCode() != 0) {
          throw new IllegalStateException("the launcher does not work: " + outcome.err());
        }
        prepared = true;
      }
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

    @Override
    public Map<String, String> environment() {
      return Map.of();
    }

    @Override
    void prepare() {
      // Installed as it is.
    }
  };

  private static final Duration PREPARED_WITHIN = Duration.ofMinutes(5);

  private static boolean prepared;

  /**
   * The store that a test runs against: Holdfast, unless {@code -Dholdfast.flavor=etcd} asks
   * whether the test itself is right.
   */
  public static Flavor underTest() {
    return "etcd".equals(System.getProperty("holdfast.flavor")) ? ETCD : HOLDFAST;
  }

  /** The program and its leading arguments; etcd's flags follow, which both understand. */
  public abstract List<String> command();

  /** Variables that the program is started with. */
  public abstract Map<String, String> environment();

  /**
   * Does once what the first start would do besides starting: the launcher prepares its class
   * archive, undisturbed by what a test does to its members.
   */
  abstract void prepare();

  /** The launcher that users have, which becomes the server's process; it must be built already. */
  static Path launcher() {
    String root = System.getProperty("holdfast.root", "../..");
    Path launcher = Path.of(root, "holdfast").toAbsolutePath().normalize();
    if (!Files.isExecutable(launcher)) {
      throw new IllegalStateException(
          launcher + " is missing: name the folder it lies in with -Dholdfast.root=...");
    }
    return launcher;
  }
}
