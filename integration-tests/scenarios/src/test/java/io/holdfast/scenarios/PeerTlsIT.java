package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Etcdctl;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import io.holdfast.harness.Ports;
import io.holdfast.harness.Programs;
import io.holdfast.scenarios.OpensslAuthority.Pair;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Members that know each other by certificates, made as an operator makes them. */
class PeerTlsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration STRANGER_TRIES = Duration.ofSeconds(8);
  private static final int WRITES = 300;
  private static final String LOOPBACK = "IP:127.0.0.1,DNS:localhost";
  private static final Pattern SERIAL = Pattern.compile("(?s)-----BEGIN CERTIFICATE.*?END CERT");
  private static final Pattern INITIAL_CLUSTER =
      Pattern.compile("ETCD_INITIAL_CLUSTER=\"([^\"]*)\"");

  @TempDir Path directory;

  @BeforeEach
  void needsPrograms() {
    assumeTrue(Programs.available("openssl") && Programs.available("etcdctl"));
  }

  @Test
  void writesGoOnThroughStrangersRenewalAndTheLeadersEnd() throws Exception {
    OpensslAuthority authority = new OpensslAuthority(directory.resolve("ca"), "members");
    OpensslAuthority others = new OpensslAuthority(directory.resolve("foreign"), "others");
    List<Pair> pairs = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      pairs.add(authority.issue("m" + i, "member", LOOPBACK));
    }
    Cluster.Plan plan =
        new Cluster.Plan(Flavor.underTest(), 3, directory)
            .securePeers()
            .flags(trusting(authority, "--snapshot-count=100"))
            .ownFlags(i -> pairs.get(i).peerFlags());
    try (Cluster cluster = plan.start();
        RecordedClients clients = RecordedClients.ofAllMembers(cluster.endpointList())) {
      clients.thinking(5).start(1, 0);
      try {
        awaitWrites(clients, WRITES);
        learnerJoinsOnlyWithACertificateOfTheMembers(cluster, clients, authority, others);
        for (int i = 0; i < 3; i++) {
          renew(cluster.member(i), pairs.get(i), authority.issue("next" + i, "member", LOOPBACK));
          awaitWrites(clients, 50);
        }
        MemberProcess leader = cluster.awaitLeader(PATIENCE);
        leader.kill();
        awaitWrites(clients, WRITES);
        leader.start().awaitReady(PATIENCE);
        awaitWrites(clients, 50);
        clients.stop();
        clients.check();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(
            e.getMessage() + "; " + clients.lastFailure() + "\n" + cluster.logTails(), e);
      }
    }
  }

  private void learnerJoinsOnlyWithACertificateOfTheMembers(
      Cluster cluster, RecordedClients clients, OpensslAuthority authority, OpensslAuthority others)
      throws Exception {
    String url = "https://127.0.0.1:" + Ports.free(1).get(0);
    Programs.Outcome added =
        retried(cluster.member(0), "member", "add", "more", "--learner", "--peer-urls=" + url);
    Matcher initial = INITIAL_CLUSTER.matcher(added.out());
    assertTrue(initial.find(), added.out());
    Pair foreign = others.issue("stranger", "member", LOOPBACK);
    MemberProcess stranger =
        cluster.joiningAt(url, "more", initial.group(1), flags(others, foreign));
    long before = clients.writes();
    assertFalse(becomesReady(stranger), "joined with a certificate of another authority");
    assertTrue(clients.writes() > before, "the stranger disturbed");
    if (Flavor.underTest() == Flavor.HOLDFAST) {
      assertTrue(stranger.log().contains("TLS"), stranger.log());
    }
    stranger.close();
    Pair good = authority.issue("more", "member", LOOPBACK);
    MemberProcess learner =
        cluster.joiningAt(
            url, "learner", initial.group(1).replace("more=", "learner="), flags(authority, good));
    learner.start();
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (learner.appliedIndex().orElse(0) < WRITES) {
      assertTrue(System.nanoTime() < end, () -> "the learner did not catch up: " + learner.log());
      Thread.sleep(50);
    }
    if (Flavor.underTest() == Flavor.HOLDFAST) {
      assertTrue(
          cluster.members().stream().anyMatch(one -> one.log().contains("sent the snapshot at")),
          "the learner should have got what was no longer in the log");
    }
  }

  private static boolean becomesReady(MemberProcess stranger) {
    try {
      return stranger.start().becomesReady(STRANGER_TRIES);
    } catch (IllegalStateException notReady) {
      return false;
    }
  }

  private static void renew(MemberProcess member, Pair pair, Pair next) throws Exception {
    String before = shown(member, pair);
    String expected = OpensslAuthority.serial(next.certificate());
    pair.replaceBy(next);
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (shown(member, pair).equals(before)) {
      assertTrue(System.nanoTime() < end, () -> "still shows the old one: " + member.log());
      Thread.sleep(100);
    }
    assertEquals(expected, OpensslAuthority.serial(pair.certificate()));
  }

  /** The certificate that a member shows to its peers. */
  private static String shown(MemberProcess member, Pair own) {
    Matcher certificate = SERIAL.matcher(call(member, own).out());
    assertTrue(certificate.find(), () -> "no certificate is shown: " + member.log());
    return certificate.group();
  }

  /** Calls a member's peer port; in TLS 1.2 the answer to a certificate is part of the opening. */
  private static Programs.Outcome call(MemberProcess member, Pair own) {
    URI url = URI.create(member.flag("listen-peer-urls").orElseThrow());
    return Programs.run(
        List.of(
            "openssl",
            "s_client",
            "-tls1_2",
            "-connect",
            url.getHost() + ":" + url.getPort(),
            "-cert",
            own.certificate().toString(),
            "-key",
            own.key().toString()),
        Map.of(),
        Duration.ofSeconds(20));
  }

  @Test
  void refusesNamesThatAreNotLetInAddressesNotNamedAndTheRevoked() throws Exception {
    OpensslAuthority authority = new OpensslAuthority(directory.resolve("ca"), "members");
    Pair own = authority.issue("m0", "member", LOOPBACK);
    Pair same = authority.issue("same", "member", LOOPBACK);
    Pair other = authority.issue("other", "visitor", LOOPBACK);
    Pair elsewhere = authority.issue("elsewhere", "member", "IP:10.9.8.7");
    Pair gone = authority.issue("gone", "member", LOOPBACK);
    Path revoked = authority.revoke(gone);
    Cluster.Plan plan =
        new Cluster.Plan(Flavor.underTest(), 1, directory)
            .securePeers()
            .flags(
                trusting(authority, "--peer-cert-allowed-cn=member", "--peer-crl-file=" + revoked))
            .ownFlags(i -> own.peerFlags());
    try (Cluster cluster = plan.start()) {
      MemberProcess member = cluster.member(0);
      assertEquals(0, call(member, same).exitCode(), member::log);
      assertNotEquals(0, call(member, other).exitCode());
      // etcd closes the connection of these two as well, but only after the handshake.
      if (Flavor.underTest() == Flavor.HOLDFAST) {
        assertNotEquals(0, call(member, gone).exitCode());
        assertNotEquals(0, call(member, elsewhere).exitCode());
        assertTrue(member.log().contains("revoked"), member::log);
      }
    }
  }

  @Test
  void encryptsWithCertificatesOfItsOwn() throws Exception {
    Cluster.Plan plan =
        new Cluster.Plan(Flavor.underTest(), 3, directory)
            .securePeers()
            .flags("--peer-auto-tls=true");
    try (Cluster cluster = plan.start()) {
      retried(cluster.member(0), "put", "a", "b");
      URI url = URI.create(cluster.member(1).flag("listen-peer-urls").orElseThrow());
      Programs.Outcome outcome =
          Programs.run(
              List.of("openssl", "s_client", "-connect", url.getHost() + ":" + url.getPort()),
              Map.of(),
              Duration.ofSeconds(20));
      assertTrue(SERIAL.matcher(outcome.out()).find(), outcome.err());
    }
  }

  @Test
  void doesNotStartWithoutACertificateForItsUrl() {
    try (Cluster cluster =
        new Cluster.Plan(Flavor.underTest(), 1, directory).securePeers().prepare()) {
      MemberProcess member = cluster.member(0).start();
      assertNotEquals(0, member.awaitExit(PATIENCE));
      if (Flavor.underTest() == Flavor.HOLDFAST) {
        assertTrue(member.log().contains("--peer-cert-file"), member::log);
      }
    }
  }

  private static String[] trusting(OpensslAuthority authority, String... more) {
    List<String> flags = new ArrayList<>();
    flags.add("--peer-client-cert-auth=true");
    flags.add("--peer-trusted-ca-file=" + authority.certificate());
    flags.addAll(List.of(more));
    return flags.toArray(String[]::new);
  }

  private static String[] flags(OpensslAuthority authority, Pair own) {
    return trusting(authority, own.peerFlags().toArray(String[]::new));
  }

  private static void awaitWrites(RecordedClients clients, int count) throws InterruptedException {
    long wanted = clients.writes() + count;
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (clients.writes() < wanted) {
      assertTrue(System.nanoTime() < end, "fewer than " + count + " writes in time");
      Thread.sleep(5);
    }
  }

  private static Programs.Outcome retried(MemberProcess member, String... command)
      throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    Programs.Outcome outcome = new Etcdctl(member.endpoint()).run(command);
    while (outcome.exitCode() != 0 && System.nanoTime() < end) {
      Thread.sleep(200);
      outcome = new Etcdctl(member.endpoint()).run(command);
    }
    assertEquals(0, outcome.exitCode(), outcome.err() + member.log());
    return outcome;
  }
}
