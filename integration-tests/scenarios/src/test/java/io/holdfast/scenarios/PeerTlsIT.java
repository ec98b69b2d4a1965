package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Authority;
import io.holdfast.harness.Cluster;
import io.holdfast.harness.Etcdctl;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import io.holdfast.harness.Ports;
import io.holdfast.harness.Programs;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Members that protect what they say to each other. */
@Timeout(300)
class PeerTlsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String HOSTS = "DNS:localhost,IP:127.0.0.1";

  @TempDir Path directory;
  private Authority authority;

  @BeforeEach
  void issue() {
    assumeTrue(Programs.available("etcdctl") && Programs.available("openssl"));
    authority = new Authority(directory.resolve("authority"));
  }

  private static List<String> flags(Authority.Identity own, Authority trusted) {
    return List.of(
        "--peer-cert-file=" + own.certificate(),
        "--peer-key-file=" + own.key(),
        "--peer-trusted-ca-file=" + trusted.certificate(),
        "--peer-client-cert-auth");
  }

  private Cluster.Plan three() {
    return new Cluster.Plan(Flavor.HOLDFAST, 3, directory.resolve("three"))
        .peerScheme("https")
        .ownFlags(index -> flags(authority.issue("m" + index, HOSTS), authority));
  }

  @Test
  void membersElectReplicateAndSurviveTheLossOfTheirLeader() {
    try (Cluster cluster = three().flags("--snapshot-count=100").start()) {
      Etcdctl etcdctl = new Etcdctl(cluster.endpoints());
      for (int i = 0; i < 300; i++) {
        succeed(etcdctl.run("put", "key" + i % 7, "value" + i));
      }
      MemberProcess leader = cluster.awaitLeader(PATIENCE);
      leader.kill();
      cluster.awaitLeader(PATIENCE);
      succeed(etcdctl.run("--command-timeout=20s", "put", "after", "the loss"));
      leader.start().awaitReady(PATIENCE);
      Etcdctl again = new Etcdctl(leader.endpoint());
      assertEquals("after\nthe loss\n", succeed(again.run("get", "after")));
    }
  }

  @Test
  void aLearnerJoinsByTls() {
    try (Cluster cluster =
        three().flags("--snapshot-count=50", "--snapshot-catchup-entries=10").start()) {
      Etcdctl etcdctl = new Etcdctl(cluster.endpoints());
      for (int i = 0; i < 200; i++) {
        succeed(etcdctl.run("put", "key" + i, "value"));
      }
      int port = Ports.free(1).get(0);
      String url = "https://127.0.0.1:" + port;
      // Connections count once they have stood for a while.
      await(
          () ->
              etcdctl.run("member", "add", "m3", "--learner", "--peer-urls=" + url).exitCode() == 0,
          "the member cannot be added");
      String members = cluster.member(0).flag("initial-cluster").orElseThrow() + ",m3=" + url;
      String[] own = flags(authority.issue("m3", HOSTS), authority).toArray(String[]::new);
      MemberProcess learner = cluster.joining("m3", port, members, own).start();
      learner.awaitReady(PATIENCE);
      Etcdctl asked = new Etcdctl(learner.endpoint());
      await(
          () -> asked.run("get", "key199", "--consistency=s").out().equals("key199\nvalue\n"),
          "the learner has not caught up: " + learner.log());
    }
  }

  @Test
  void certificatesAreReplacedMemberByMemberWithoutARestart() {
    try (Cluster cluster = three().start()) {
      Etcdctl etcdctl = new Etcdctl(cluster.endpoints());
      for (int i = 0; i < 3; i++) {
        MemberProcess member = cluster.member(i);
        String first = shownBy(member);
        authority.issue("m" + i, HOSTS);
        await(() -> !shownBy(member).equals(first), "still the first certificate");
        succeed(etcdctl.run("put", "replaced", "m" + i));
      }
      // Whoever comes back makes all its connections anew.
      cluster.awaitLeader(PATIENCE).kill();
      cluster.awaitLeader(PATIENCE);
      for (MemberProcess member : cluster.members()) {
        if (!member.isAlive()) {
          member.start().awaitReady(PATIENCE);
        }
        succeed(new Etcdctl(member.endpoint()).run("--command-timeout=20s", "put", "a", "1"));
      }
    }
  }

  private String shownBy(MemberProcess member) {
    Authority.Identity own = authority.issue("asks", HOSTS);
    String told =
        Programs.run(
                List.of(
                    "openssl",
                    "s_client",
                    "-connect",
                    "127.0.0.1:" + peerPort(member),
                    "-cert",
                    own.certificate().toString(),
                    "-key",
                    own.key().toString()),
                Map.of(),
                PATIENCE)
            .out();
    int begin = told.indexOf("-----BEGIN CERTIFICATE-----");
    assertTrue(begin >= 0, told);
    return told.substring(begin, told.indexOf("-----END CERTIFICATE-----"));
  }

  @Test
  void aStrangerWithACertificateOfItsOwnIsRefusedAndDisturbsNobody() throws Exception {
    Authority elsewhere = new Authority(directory.resolve("elsewhere"));
    try (Cluster cluster = three().start()) {
      Etcdctl etcdctl = new Etcdctl(cluster.endpoints());
      long term = cluster.awaitLeader(PATIENCE).term().orElseThrow();
      int port = Ports.free(1).get(0);
      String url = "https://127.0.0.1:" + port;
      // Connections count once they have stood for a while.
      await(
          () ->
              etcdctl.run("member", "add", "m3", "--learner", "--peer-urls=" + url).exitCode() == 0,
          "the member cannot be added");
      String members = cluster.member(0).flag("initial-cluster").orElseThrow() + ",m3=" + url;
      String[] own = flags(elsewhere.issue("m3", HOSTS), elsewhere).toArray(String[]::new);
      MemberProcess stranger = cluster.joining("m3", port, members, own).start();
      assertFalse(stranger.becomesReady(PATIENCE), "it has joined");
      assertTrue(stranger.log().contains("Path does not chain"), stranger.log());
      try (Socket plaintext = new Socket("127.0.0.1", peerPort(cluster.member(0)))) {
        plaintext.getOutputStream().write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes());
        plaintext.setSoTimeout((int) PATIENCE.toMillis());
        assertEquals(-1, plaintext.getInputStream().read());
      }
      await(
          () -> cluster.member(0).log().contains("TLS: refused the peer at 127.0.0.1: "),
          "nothing is said of the refusal: " + cluster.member(0).log());
      succeed(etcdctl.run("put", "undisturbed", "1"));
      assertEquals(term, cluster.awaitLeader(PATIENCE).term().orElseThrow());
    }
  }

  private static int peerPort(MemberProcess member) {
    String url = member.flag("listen-peer-urls").orElseThrow();
    return Integer.parseInt(url.substring(url.lastIndexOf(':') + 1));
  }

  @Test
  void onlyTheCommonNamesThatAreAllowedAreLetIn() {
    try (Cluster cluster =
        new Cluster.Plan(Flavor.HOLDFAST, 3, directory.resolve("names"))
            .peerScheme("https")
            .flags("--peer-cert-allowed-cn=m0,m1")
            .ownFlags(index -> flags(authority.issue("m" + index, HOSTS), authority))
            .prepare()) {
      cluster.members().forEach(MemberProcess::start);
      cluster.member(0).awaitReady(PATIENCE);
      cluster.member(1).awaitReady(PATIENCE);
      await(
          () ->
              cluster.member(0).log().contains("the certificate is for m2, who is not let in")
                  || cluster.member(1).log().contains("the certificate is for m2"),
          "m2 is not refused: " + cluster.logTails());
    }
  }

  @Test
  void membersWithCertificatesThatTheySignThemselvesFormACluster() {
    try (Cluster cluster =
        new Cluster.Plan(Flavor.HOLDFAST, 3, directory.resolve("auto"))
            .peerScheme("https")
            .flags("--peer-auto-tls")
            .start()) {
      succeed(new Etcdctl(cluster.endpoints()).run("put", "a", "1"));
    }
  }

  private static void await(BooleanSupplier condition, String otherwise) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, otherwise);
    }
  }

  private static String succeed(Programs.Outcome outcome) {
    assertEquals(0, outcome.exitCode(), outcome::err);
    return outcome.out();
  }
}
