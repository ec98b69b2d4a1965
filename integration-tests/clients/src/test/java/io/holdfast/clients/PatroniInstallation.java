package io.holdfast.clients;

import io.holdfast.harness.Programs;
import io.holdfast.harness.fault.Needs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Patroni as its lock file pins it, and the machine's PostgreSQL.
 *
 * <p>PostgreSQL does not run as root: where the tests do, both run as the user that Debian's
 * package makes for it. Patroni lies in the test's own folder, since that user may see no other.
 *
 * @param directory where all of it lies
 * @param postgres the folder of PostgreSQL's programs
 * @param asOwner what stands before a command, so that it does not run as root
 */
record PatroniInstallation(Path directory, Path postgres, List<String> asOwner) {
  private static final Path PYTHON = Path.of("/usr/bin/python3");
  private static final Path POSTGRES = Path.of("/usr/lib/postgresql");
  private static final String OWNER = "postgres";
  private static final Duration PREPARED_WITHIN = Duration.ofMinutes(5);

  /** Fetches Patroni; nothing where this machine cannot run it, which is an error in CI. */
  static Optional<PatroniInstallation> in(Path directory) {
    Optional<Path> postgres = newestPostgres();
    if (postgres.isEmpty() || !Files.isExecutable(PYTHON)) {
      Needs.lacking("PostgreSQL in " + POSTGRES + " or " + PYTHON);
      return Optional.empty();
    }
    boolean root = run("id", "-u").trim().equals("0");
    List<String> asOwner =
        root
            ? List.of("setpriv", "--reuid=" + OWNER, "--regid=" + OWNER, "--init-groups", "--")
            : List.of();
    PatroniInstallation installation = new PatroniInstallation(directory, postgres.get(), asOwner);
    Path environment = directory.resolve("patroni");
    Path requirements =
        Path.of(System.getProperty("holdfast.clients", "."), "patroni", "requirements.txt");
    run(PYTHON, "-m", "venv", environment);
    Path python = environment.resolve("bin/python");
    List<Object> install = new ArrayList<>(List.of(python, "-m", "pip", "install", "-q"));
    install.addAll(List.of("--disable-pip-version-check", "-r", requirements.toAbsolutePath()));
    Programs.Outcome fetched = outcome(install.toArray());
    if (fetched.exitCode() != 0) {
      Needs.lacking("what Patroni is made of: " + fetched.err());
      return Optional.empty();
    }
    installation.giveAway(directory);
    return Optional.of(installation);
  }

  Path patroni() {
    return directory.resolve("patroni").resolve("bin").resolve("patroni");
  }

  /** Gives a folder to the user who runs PostgreSQL, if that is another. */
  void giveAway(Path folder) {
    if (!asOwner.isEmpty()) {
      run("chown", "-R", OWNER, folder);
    }
  }

  private static Optional<Path> newestPostgres() {
    if (!Files.isDirectory(POSTGRES)) {
      return Optional.empty();
    }
    try (Stream<Path> versions = Files.list(POSTGRES)) {
      return versions
          .map(version -> version.resolve("bin"))
          .filter(folder -> Files.isExecutable(folder.resolve("postgres")))
          .max(Path::compareTo);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Programs.Outcome outcome(Object... command) {
    List<String> words = Stream.of(command).map(Object::toString).toList();
    return Programs.run(words, Map.of(), PREPARED_WITHIN);
  }

  private static String run(Object... command) {
    Programs.Outcome outcome = outcome(command);
    if (outcome.exitCode() != 0) {
      throw new IllegalStateException(List.of(command) + " failed: " + outcome.err());
    }
    return outcome.out();
  }
}
