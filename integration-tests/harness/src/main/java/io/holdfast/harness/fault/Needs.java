package io.holdfast.harness.fault;

import io.holdfast.harness.Programs;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Whether this machine lets a test do what it wants to do.
 *
 * <p>A missing program or missing rights can be mended by whoever set the machine up: in CI (the
 * variable {@code CI} is set) they are errors, elsewhere the test is skipped, loudly. What the
 * kernel or the container does not have is a reason to skip everywhere.
 */
public final class Needs {
  private Needs() {}

  /** Whether all these programs are installed. */
  public static boolean programs(String... names) {
    for (String name : names) {
      if (!Programs.available(name)) {
        return false;
      }
    }
    return true;
  }

  /** Whether this process may do everything. */
  public static boolean root() {
    boolean root =
        Programs.run(List.of("id", "-u"), Map.of(), Duration.ofSeconds(10))
            .out()
            .trim()
            .equals("0");
    return root || lacking("rights: these tests run as root");
  }

  /** Says why a test is skipped, in CI and elsewhere. */
  public static boolean skipped(String reason) {
    System.err.println("*** SKIPPED: " + reason + " ***");
    return false;
  }

  /** Complains about what could be installed or allowed: an error in CI, a skip elsewhere. */
  public static boolean lacking(String what) {
    if (System.getenv("CI") != null) {
      throw new IllegalStateException("a CI machine is lacking " + what);
    }
    return skipped("lacking " + what);
  }

  /**
   * Runs a program that has to succeed.
   *
   * @return its output
   * @throws IllegalStateException when it fails, with what it said
   */
  static String run(String... command) {
    Programs.Outcome outcome = Programs.run(List.of(command), Map.of(), Duration.ofSeconds(30));
    if (outcome.exitCode() != 0) {
      throw new IllegalStateException(
          String.join(" ", command) + " failed: " + outcome.err() + outcome.out());
    }
    return outcome.out();
  }
}
