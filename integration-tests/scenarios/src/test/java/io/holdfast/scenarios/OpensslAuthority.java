package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.harness.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Makes certificates as an operator does, with openssl. */
final class OpensslAuthority {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Path directory;

  /**
   * @param directory for the authority's own files
   */
  OpensslAuthority(Path directory, String name) throws IOException {
    this.directory = Files.createDirectories(directory);
    Files.writeString(directory.resolve("index.txt"), "");
    run(
        List.of("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
        List.of("-nodes", "-days", "2", "-subj", "/CN=" + name),
        List.of("-keyout", file("ca.key"), "-out", certificate().toString()));
  }

  /** What others have to trust. */
  Path certificate() {
    return directory.resolve("ca.pem");
  }

  /** A certificate with its key. */
  record Pair(Path certificate, Path key) {
    /** What a member is told to show to others. */
    List<String> peerFlags() {
      return List.of("--peer-cert-file=" + certificate, "--peer-key-file=" + key);
    }

    /** Takes the other's place, each file at once. */
    void replaceBy(Pair next) throws IOException {
      Files.move(
          next.key, key, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
      Files.move(
          next.certificate,
          certificate,
          StandardCopyOption.REPLACE_EXISTING,
          StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /**
   * @param alternatives as {@code IP:127.0.0.1} or {@code DNS:name}, separated by commas
   */
  Pair issue(String file, String commonName, String alternatives) throws IOException {
    Pair pair = new Pair(directory.resolve(file + ".pem"), directory.resolve(file + ".key"));
    Path extensions = directory.resolve(file + ".ext");
    Files.writeString(
        extensions,
        "basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth,clientAuth\nsubjectAltName="
            + alternatives
            + "\n");
    run(
        List.of("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
        List.of("-nodes", "-subj", "/CN=" + commonName),
        List.of("-keyout", pair.key.toString(), "-out", file(file + ".csr")));
    run(
        List.of("x509", "-req", "-in", file(file + ".csr"), "-days", "1"),
        List.of("-CA", certificate().toString(), "-CAkey", file("ca.key"), "-CAcreateserial"),
        List.of("-extfile", extensions.toString(), "-out", pair.certificate.toString()));
    return pair;
  }

  /** A list of revoked certificates. */
  Path revoke(Pair revoked) throws IOException {
    Path configuration = directory.resolve("crl.conf");
    Files.writeString(
        configuration,
        "[ca]\ndefault_ca=own\n[own]\ndatabase="
            + file("index.txt")
            + "\ndefault_md=sha256\ndefault_crl_days=1\n");
    List<String> authority =
        List.of(
            "-config",
            configuration.toString(),
            "-cert",
            certificate().toString(),
            "-keyfile",
            file("ca.key"));
    run(List.of("ca", "-revoke", revoked.certificate.toString()), authority);
    Path list = directory.resolve("revoked.pem");
    run(List.of("ca", "-gencrl", "-out", list.toString()), authority);
    return list;
  }

  /** The serial number of a certificate in a file. */
  static String serial(Path certificate) {
    return run(List.of("x509", "-noout", "-serial", "-in", certificate.toString())).strip();
  }

  private String file(String name) {
    return directory.resolve(name).toString();
  }

  @SafeVarargs
  private static String run(List<String>... parts) {
    List<String> command = new ArrayList<>(List.of("openssl"));
    for (List<String> part : parts) {
      command.addAll(part);
    }
    Programs.Outcome outcome = Programs.run(command, Map.of(), PATIENCE);
    assertEquals(0, outcome.exitCode(), () -> command + ": " + outcome.err());
    return outcome.out();
  }
}
