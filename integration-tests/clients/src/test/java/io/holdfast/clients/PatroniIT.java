package io.holdfast.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import io.holdfast.harness.Programs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Patroni, which keeps a primary among PostgreSQLs by a key with a lease: it elects one through
 * three members, keeps it when the store's leader is killed, gives the office to the replica when
 * the primary is killed, takes the old primary back, and changes it on request.
 */
class PatroniIT {
  /** Patroni's own times are 20 s for a lost primary, and as much again for one that comes back. */
  private static final Duration PATIENCE = Duration.ofSeconds(150);

  @TempDir Path directory;
  @TempDir Path postgresDirectory;

  @Test
  void keepsAPostgresqlPrimary() {
    Optional<PatroniInstallation> installed = PatroniInstallation.in(postgresDirectory);
    assumeTrue(installed.isPresent());
    try (Cluster cluster = Cluster.start(Flavor.underTest(), 3, directory);
        PatroniNode a = new PatroniNode(installed.get(), "a", cluster.endpointList());
        PatroniNode b = new PatroniNode(installed.get(), "b", cluster.endpointList())) {
      try {
        story(cluster, a, b);
      } catch (AssertionError e) {
        throw new AssertionError(
            e.getMessage() + a.logTail() + b.logTail() + cluster.logTails(), e);
      }
    }
  }

  private static void story(Cluster cluster, PatroniNode a, PatroniNode b) {
    a.start();
    await("the first primary", a::isPrimary);
    b.start();
    await("the first replica", b::isReplica);
    write(a, "create table kept (line text)");
    write(a, "insert into kept values ('elected')");
    awaitLines(b, "elected");

    MemberProcess storesLeader = cluster.awaitLeader(PATIENCE);
    storesLeader.kill();
    cluster.awaitLeader(PATIENCE);
    write(a, "insert into kept values ('without the store''s leader')");
    assertTrue(a.isPrimary() && b.isReplica(), "the primary stays when the store's leader goes");
    awaitLines(b, "elected,without the store's leader");
    storesLeader.start().awaitReady(PATIENCE);

    a.kill();
    await("the replica as primary", b::isPrimary);
    write(b, "insert into kept values ('failed over')");
    a.start();
    await("the old primary as replica", a::isReplica);
    awaitLines(a, "elected,without the store's leader,failed over");

    await("a planned change", () -> b.switchOver(a));
    await("the old primary in office again", () -> a.isPrimary() && b.isReplica());
    write(a, "insert into kept values ('switched')");
    awaitLines(b, "elected,without the store's leader,failed over,switched");
  }

  private static void write(PatroniNode node, String statement) {
    Programs.Outcome outcome = node.sql(statement);
    assertEquals(0, outcome.exitCode(), () -> node.name() + " refused: " + outcome.err());
  }

  private static void awaitLines(PatroniNode node, String wanted) {
    await(
        wanted + " at " + node.name(),
        () -> {
          List<String> lines = node.sql("select line from kept").out().lines().toList();
          return String.join(",", lines).equals(wanted);
        });
  }

  private static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, () -> what + " did not come to be\n");
      try {
        Thread.sleep(200);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
    }
  }
}
