package io.holdfast.clients;

import io.holdfast.harness.Programs;
import io.holdfast.harness.fault.Needs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A client library of etcd's, and how the program that exercises it is made from the folder of its
 * language: fetched by that language's own package client, as the lock file beside the program pins
 * it, into this module's {@code target}.
 */
enum Client {
  GO("Go clientv3", "go", List.of("go"), "go.mod", "client/v3 v([0-9.]+)") {
    @Override
    List<String> prepare(Path source, Path target) {
      Path program = target.resolve("client");
      run(
          Map.of("GOFLAGS", "-mod=readonly -buildvcs=false"),
          "go",
          "-C",
          source,
          "build",
          "-o",
          program,
          ".");
      return List.of(program.toString());
    }
  },
  PYTHON_ETCD3(
      "Python etcd3", "python-etcd3", List.of("python3"), "requirements.txt", "etcd3==([0-9.]+)") {
    @Override
    List<String> prepare(Path source, Path target) {
      return preparePython(source, target);
    }
  },
  PYTHON_ETCD3GW(
      "Python etcd3gw",
      "python-etcd3gw",
      List.of("python3"),
      "requirements.txt",
      "etcd3gw==([0-9.]+)") {
    @Override
    List<String> prepare(Path source, Path target) {
      return preparePython(source, target);
    }
  },
  NODE("Node etcd3", "node", List.of("node", "npm"), "package.json", "\"etcd3\": \"([0-9.]+)") {
    @Override
    List<String> prepare(Path source, Path target) {
      for (String file : List.of("package.json", "package-lock.json", "client.js")) {
        copy(source.resolve(file), target.resolve(file));
      }
      run(Map.of(), "npm", "--prefix", target, "ci", "--ignore-scripts", "--no-audit", "--no-fund");
      return List.of("node", target.resolve("client.js").toString());
    }
  },
  RUST(
      "Rust etcd-client",
      "rust",
      List.of("cargo", "protoc"),
      "Cargo.toml",
      "etcd-client = \"=([0-9.]+)\"") {
    @Override
    List<String> prepare(Path source, Path target) {
      run(
          Map.of(),
          "cargo",
          "build",
          "--quiet",
          "--locked",
          "--manifest-path",
          source.resolve("Cargo.toml"),
          "--target-dir",
          target);
      return List.of(target.resolve("debug/holdfast-clients-rust").toString());
    }

    /** Many machines have no Rust, or one too old for the crate. */
    @Override
    boolean isAvailable() {
      return Programs.find("protoc").isPresent()
              && Programs.find("cargo").map(Client::cargoIsNewEnough).orElse(false)
          || Needs.skipped("the Rust client needs protoc, and cargo 1." + CARGO_MINOR_MIN);
    }

    /** Crates are reached from fewer places than the packages of other languages. */
    @Override
    boolean isExpected() {
      return false;
    }
  };

  /** Of the crate that is built. */
  private static final int CARGO_MINOR_MIN = 80;

  private static final Duration PREPARED_WITHIN = Duration.ofMinutes(8);

  private final String title;
  private final String folder;
  private final List<String> programs;
  private final String versionFile;
  private final Pattern version;

  Client(String title, String folder, List<String> programs, String versionFile, String version) {
    this.title = title;
    this.folder = folder;
    this.programs = programs;
    this.versionFile = versionFile;
    this.version = Pattern.compile(version);
  }

  /** Makes the program and says how it is started; its arguments follow. */
  abstract List<String> prepare(Path source, Path target);

  /** Whether this machine has the language; in CI a missing one is an error. */
  boolean isAvailable() {
    return programs.stream().allMatch(Programs::available);
  }

  /**
   * Whether it is an error in CI when the program cannot be fetched or built; else it is skipped.
   */
  boolean isExpected() {
    return true;
  }

  /** The command, fetched and built. */
  List<String> command() {
    Path module = Path.of(System.getProperty("holdfast.clients", ".")).toAbsolutePath();
    Path target = module.resolve("target").resolve("clients").resolve(folder);
    try {
      Files.createDirectories(target);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return prepare(module.resolve(folder), target);
  }

  /** Name and version of the library, as its lock file says. */
  String titleWithVersion() {
    Path file = Path.of(System.getProperty("holdfast.clients", "."), folder, versionFile);
    try {
      Matcher found = version.matcher(Files.readString(file));
      if (!found.find()) {
        throw new IllegalStateException(file + " names no version: " + version);
      }
      return title + " " + found.group(1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean cargoIsNewEnough(Path cargo) {
    List<String> command = List.of(cargo.toString(), "--version");
    String said = Programs.run(command, Map.of(), Duration.ofSeconds(30)).out();
    Matcher found = Pattern.compile("cargo 1\\.([0-9]+)\\.").matcher(said);
    return found.find() && Integer.parseInt(found.group(1)) >= CARGO_MINOR_MIN;
  }

  private static List<String> preparePython(Path source, Path target) {
    run(Map.of(), "python3", "-m", "venv", target);
    Path python = target.resolve("bin/python");
    Path requirements = source.resolve("requirements.txt");
    run(
        Map.of(),
        python,
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "-r",
        requirements);
    return List.of(python.toString(), source.resolve("client.py").toString());
  }

  private static void copy(Path from, Path to) {
    try {
      Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void run(Map<String, String> environment, Object... command) {
    List<String> words = List.of(command).stream().map(Object::toString).toList();
    Programs.Outcome outcome;
    try {
      outcome = Programs.run(words, environment, PREPARED_WITHIN);
    } catch (IllegalStateException tooSlow) {
      throw new NotPrepared(tooSlow.getMessage());
    }
    if (outcome.exitCode() != 0) {
      throw new NotPrepared(String.join(" ", words) + ": " + outcome.err() + outcome.out());
    }
  }

  /** The program could not be fetched or built. */
  static final class NotPrepared extends RuntimeException {
    private static final long serialVersionUID = 1;

    NotPrepared(String message) {
      super(message);
    }
  }
}
