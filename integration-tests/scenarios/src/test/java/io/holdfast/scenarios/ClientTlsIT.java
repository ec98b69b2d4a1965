package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Authority;
import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import io.holdfast.harness.Ports;
import io.holdfast.harness.Programs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** TLS on the client port, as etcdctl, curl and openssl see it, beside a real etcd. */
@Timeout(300)
class ClientTlsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String HOSTS = "DNS:localhost,IP:127.0.0.1";

  @TempDir Path directory;
  private Authority authority;
  private Authority.Identity client;
  private Authority.Identity foreign;

  @BeforeEach
  void issue() {
    assumeTrue(
        Programs.available("etcd")
            && Programs.available("etcdctl")
            && Programs.available("curl")
            && Programs.available("openssl"));
    authority = new Authority(directory.resolve("authority"));
    client = authority.issue("client", HOSTS);
    foreign = new Authority(directory.resolve("foreign")).issue("client", HOSTS);
  }

  @Test
  void clientsWithACertificateAreServedAsEtcdServesThem() {
    List<String> etcd = play(Flavor.ETCD);
    assertEquals(etcd, play(Flavor.HOLDFAST));
    assertTrue(
        etcd.containsAll(
            List.of("metrics: true", "metrics in plaintext: true", "health of metrics: true")),
        etcd::toString);
    assertTrue(
        etcd.containsAll(List.of("nobody: 1", "foreign: 1", "TLS 1.1: false", "TLS 1.2: true")),
        etcd::toString);
    assertEquals("put of client: 0 OK", etcd.get(0));
  }

  /** What one store did, a line each. */
  private List<String> play(Flavor flavor) {
    Authority.Identity server = authority.issue("server-" + flavor.name(), HOSTS);
    List<Integer> ports = Ports.free(3);
    int port = ports.get(0);
    int metrics = ports.get(1);
    try (Cluster cluster =
        start(
            flavor,
            port,
            "--listen-metrics-urls=https://127.0.0.1:"
                + metrics
                + ",http://127.0.0.1:"
                + ports.get(2),
            "--cert-file=" + server.certificate(),
            "--key-file=" + server.key(),
            "--trusted-ca-file=" + authority.certificate(),
            "--client-cert-auth")) {
      List<String> seen = new ArrayList<>();
      Optional<Authority.Identity> nobody = Optional.empty();
      seen.add("put of client: " + outcome(etcdctl(port, Optional.of(client), "put", "a", "1")));
      seen.add("get: " + outcome(etcdctl(port, Optional.of(client), "get", "a")));
      seen.add("health: " + etcdctl(port, Optional.of(client), "endpoint", "health").exitCode());
      seen.add("nobody: " + etcdctl(port, nobody, "get", "a").exitCode());
      seen.add("foreign: " + etcdctl(port, Optional.of(foreign), "get", "a").exitCode());
      seen.add(
          "page: "
              + curl(port, Optional.of(client), "/health").out().contains("\"health\":\"true\""));
      seen.add("page of nobody: " + curl(port, nobody, "/health").out());
      seen.add(
          "json: "
              + curl(port, Optional.of(client), "/v3/kv/range", "-d", "{\"key\":\"YQ==\"}")
                  .out()
                  .contains("\"value\":\"MQ==\""));
      seen.add(
          "metrics: "
              + curl(metrics, Optional.of(client), "/metrics")
                  .out()
                  .contains("etcd_server_has_leader 1"));
      seen.add(
          "health of metrics: "
              + curl(metrics, Optional.of(client), "/health")
                  .out()
                  .contains("\"health\":\"true\""));
      seen.add("metrics of nobody: " + curl(metrics, nobody, "/metrics").out());
      seen.add(
          "metrics in plaintext: "
              + run("curl", "-s", "http://127.0.0.1:" + ports.get(2) + "/metrics")
                  .out()
                  .contains("etcd_server_has_leader 1"));
      seen.add("plaintext: " + (run("curl", "-s", "http://127.0.0.1:" + port).exitCode() != 0));
      seen.add("TLS 1.1: " + shaken(port, "-tls1_1"));
      seen.add("TLS 1.2: " + shaken(port, "-tls1_2"));
      seen.add("the other URL: " + cluster.member(0).get("/health").isPresent());
      return seen;
    }
  }

  @Test
  void theCommandLineSpeaksTls() {
    Authority.Identity server = authority.issue("server", HOSTS);
    int port = Ports.free(1).get(0);
    try (Cluster cluster =
        start(
            Flavor.HOLDFAST,
            port,
            "--cert-file=" + server.certificate(),
            "--key-file=" + server.key(),
            "--trusted-ca-file=" + authority.certificate())) {
      assertEquals("0 OK", outcome(holdfast(port, client, "put", "greeting", "hello")));
      assertEquals("0 greeting\nhello", outcome(holdfast(port, client, "get", "greeting")));
      Programs.Outcome refused = holdfast(port, foreign, "get", "greeting");
      assertEquals(1, refused.exitCode());
      assertEquals(1, refused.err().lines().count(), refused.err());
      assertTrue(cluster.member(0).isAlive());
    }
  }

  private Programs.Outcome holdfast(int port, Authority.Identity shown, String... more) {
    List<String> command = new ArrayList<>();
    command.add(Flavor.HOLDFAST.command().get(0));
    command.add(more[0]);
    command.add("--endpoints=https://127.0.0.1:" + port);
    command.add("--cacert=" + authority.certificate());
    command.add("--cert=" + shown.certificate());
    command.add("--key=" + shown.key());
    command.addAll(List.of(more).subList(1, more.length));
    return Programs.run(command, Flavor.HOLDFAST.environment(), PATIENCE);
  }

  @Test
  void aRenewedCertificateIsShownWithoutARestart() {
    Authority.Identity server = authority.issue("server", HOSTS);
    int port = Ports.free(1).get(0);
    try (Cluster cluster =
        start(
            Flavor.HOLDFAST,
            port,
            "--cert-file=" + server.certificate(),
            "--key-file=" + server.key())) {
      String first = serial(port);
      authority.issue("server", HOSTS);
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (serial(port).equals(first)) {
        assertTrue(System.nanoTime() < end, "still the first certificate");
      }
      assertEquals(0, etcdctl(port, Optional.empty(), "put", "a", "1").exitCode());
      assertTrue(cluster.member(0).log().contains("read the TLS files again"));
    }
  }

  @Test
  void aSelfSignedCertificateIsMadeAndKept() {
    int port = Ports.free(1).get(0);
    String url = "https://127.0.0.1:" + port + "/health";
    try (Cluster cluster = start(Flavor.HOLDFAST, port, "--auto-tls")) {
      assertEquals(0, run("curl", "-skf", url).exitCode());
      Path made = directory.resolve("HOLDFAST/m0/data/fixtures/client/cert.pem");
      assertEquals(0, run("curl", "-sf", "--cacert", made.toString(), url).exitCode());
      String first = serial(port);
      MemberProcess member = cluster.member(0);
      member.kill();
      member.start().awaitReady(PATIENCE);
      assertEquals(first, serial(port));
    }
  }

  @Test
  void whoIsRefusedIsToldOfInTheLog() {
    Authority.Identity server = authority.issue("server", HOSTS);
    int port = Ports.free(1).get(0);
    try (Cluster cluster =
        start(
            Flavor.HOLDFAST,
            port,
            "--cert-file=" + server.certificate(),
            "--key-file=" + server.key(),
            "--trusted-ca-file=" + authority.certificate())) {
      assertFalse(curl(port, Optional.empty(), "/health").out().contains("true"));
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (!cluster.member(0).log().contains("refused a TLS connection of client /127.0.0.1:")) {
        assertTrue(System.nanoTime() < end, cluster.member(0).log());
      }
    }
  }

  private Cluster start(Flavor flavor, int port, String... flags) {
    List<String> all = new ArrayList<>(List.of(flags));
    return new Cluster.Plan(flavor, 1, directory.resolve(flavor.name()))
        .flags(all.toArray(String[]::new))
        .moreClientUrls(index -> List.of("https://127.0.0.1:" + port))
        .start();
  }

  private Programs.Outcome etcdctl(int port, Optional<Authority.Identity> shown, String... more) {
    List<String> command = new ArrayList<>();
    command.add("etcdctl");
    command.add("--endpoints=https://127.0.0.1:" + port);
    command.add("--cacert=" + authority.certificate());
    command.add("--command-timeout=3s");
    shown.ifPresent(
        identity -> {
          command.add("--cert=" + identity.certificate());
          command.add("--key=" + identity.key());
        });
    command.addAll(List.of(more));
    return Programs.run(command, Map.of("ETCDCTL_API", "3"), PATIENCE);
  }

  private Programs.Outcome curl(
      int port, Optional<Authority.Identity> shown, String path, String... more) {
    List<String> command = new ArrayList<>(List.of("curl", "-s"));
    command.addAll(List.of("--cacert", authority.certificate().toString()));
    shown.ifPresent(
        identity ->
            command.addAll(
                List.of(
                    "--cert",
                    identity.certificate().toString(),
                    "--key",
                    identity.key().toString())));
    command.addAll(List.of(more));
    command.add("https://127.0.0.1:" + port + path);
    return run(command.toArray(String[]::new));
  }

  private boolean shaken(int port, String version) {
    String told =
        run(
                "openssl",
                "s_client",
                "-connect",
                "127.0.0.1:" + port,
                version,
                "-cert",
                client.certificate().toString(),
                "-key",
                client.key().toString())
            .out();
    return told.contains("Cipher is ") && !told.contains("Cipher is (NONE)");
  }

  private String serial(int port) {
    String shown = run("openssl", "s_client", "-connect", "127.0.0.1:" + port).out();
    int begin = shown.indexOf("-----BEGIN CERTIFICATE-----");
    assertTrue(begin >= 0, shown);
    return shown.substring(begin, shown.indexOf("-----END CERTIFICATE-----"));
  }

  private static String outcome(Programs.Outcome outcome) {
    return (outcome.exitCode() + " " + outcome.out()).strip();
  }

  private static Programs.Outcome run(String... command) {
    return Programs.run(List.of(command), Map.of(), PATIENCE);
  }
}
