package io.holdfast.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Signs certificates as an operator does, with {@code openssl}. */
public final class Authority {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Path directory;

  /**
   * @param directory made if need be; everything lies in it
   */
  public Authority(Path directory) {
    this.directory = directory;
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    openssl(
        List.of(
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "7",
            "-subj",
            "/CN=authority",
            "-keyout",
            file("ca.key"),
            "-out",
            file("ca.pem")));
  }

  /** The authority's own certificate. */
  public Path certificate() {
    return directory.resolve("ca.pem");
  }

  /** A certificate and its key. */
  public record Identity(Path certificate, Path key) {}

  /**
   * Signs a certificate; one of the same name is replaced.
   *
   * @param hosts as openssl writes them, such as {@code DNS:localhost,IP:127.0.0.1}
   */
  public Identity issue(String name, String hosts) {
    openssl(
        List.of(
            "req",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=" + name,
            "-keyout",
            file("new.key"),
            "-out",
            file("new.csr")));
    try {
      Path extensions = directory.resolve("extensions");
      Files.writeString(extensions, "subjectAltName=" + hosts + "\n");
      openssl(
          List.of(
              "x509",
              "-req",
              "-days",
              "7",
              "-in",
              file("new.csr"),
              "-out",
              file("new.pem"),
              "-CA",
              file("ca.pem"),
              "-CAkey",
              file("ca.key"),
              "-CAcreateserial",
              "-extfile",
              extensions.toString()));
      Identity identity =
          new Identity(directory.resolve(name + ".pem"), directory.resolve(name + ".key"));
      // One after the other, as tools that renew certificates do.
      Files.move(directory.resolve("new.key"), identity.key(), StandardCopyOption.REPLACE_EXISTING);
      Files.move(
          directory.resolve("new.pem"),
          identity.certificate(),
          StandardCopyOption.REPLACE_EXISTING);
      return identity;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String file(String name) {
    return directory.resolve(name).toString();
  }

  private static void openssl(List<String> arguments) {
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(arguments);
    Programs.Outcome outcome = Programs.run(command, Map.of(), PATIENCE);
    if (outcome.exitCode() != 0) {
      throw new IllegalStateException(String.join(" ", command) + ": " + outcome.err());
    }
  }
}
