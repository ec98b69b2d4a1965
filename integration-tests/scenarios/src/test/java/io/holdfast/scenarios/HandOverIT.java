package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.Machine;
import io.holdfast.harness.MemberProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * The leader of three is told to end (SIGTERM), under load, again and again: it hands its
 * leadership over first, so that clients notice a retry at most.
 */
@Isolated("the time without a leader is measured")
class HandOverIT {
  private static final int ROUNDS = Integer.getInteger("holdfast.hand.overs", 6);
  private static final int WRITERS_PER_MEMBER = 2;
  private static final int WRITES_BETWEEN = 100;
  private static final int THINK_MILLIS = 5;
  private static final Duration HANDED_OVER_WITHIN = Duration.ofMillis(500);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  @Test
  void aLeaderThatIsToldToEndHandsOver() throws InterruptedException {
    List<Long> pausesMillis = new ArrayList<>();
    try (Cluster cluster = Cluster.start(Flavor.underTest(), 3, directory);
        RecordedClients clients = RecordedClients.ofAllMembers(cluster.endpointList())) {
      clients.thinking(THINK_MILLIS).start(WRITERS_PER_MEMBER, 0);
      try {
        for (int i = 0; i < ROUNDS; i++) {
          pausesMillis.add(endLeader(cluster, clients));
        }
        awaitWrites(clients);
        clients.stop();
        Collections.sort(pausesMillis);
        System.out.printf(
            "%d leaders ended by SIGTERM: first write acknowledged by the next one after %s ms;"
                + " %d writes refused; %s; %s%n",
            ROUNDS, pausesMillis, clients.refused(), clients.check(), Machine.load());
        assertEquals(0, clients.unknown() + clients.refused(), clients.lastFailure());
      } catch (RuntimeException | AssertionError e) {
        String told = e.getMessage() + "; last failure: " + clients.lastFailure();
        throw new AssertionError(told + "\n" + cluster.logTails(), e);
      }
    }
    String measured = "the next leader's first write after " + pausesMillis + " ms; ";
    if (Machine.isSwamped()) {
      System.out.println("THE TIME OF THE HAND-OVER IS NOT JUDGED: " + Machine.load());
    } else {
      assertTrue(
          pausesMillis.get(ROUNDS / 2) <= HANDED_OVER_WITHIN.toMillis(), measured + Machine.load());
    }
  }

  /** How many milliseconds after SIGTERM another leader acknowledges a write. */
  private static long endLeader(Cluster cluster, RecordedClients clients)
      throws InterruptedException {
    awaitWrites(clients);
    MemberProcess leader = cluster.awaitLeader(PATIENCE);
    List<MemberProcess> others =
        cluster.members().stream().filter(member -> member != leader).toList();
    long end = System.nanoTime() + PATIENCE.toNanos();
    long told = System.nanoTime();
    leader.beginToTerminate();
    while (others.stream().noneMatch(MemberProcess::isLeader)) {
      assertTrue(System.nanoTime() < end, "no other member leads");
    }
    long elected = System.nanoTime();
    while (clients.newestWriteCalledNanos() <= elected) {
      assertTrue(System.nanoTime() < end, "no write is acknowledged");
      Thread.sleep(1);
    }
    long pauseMillis = (System.nanoTime() - told) / 1_000_000;
    assertEquals(0, leader.awaitExit(PATIENCE));
    leader.start().awaitReady(PATIENCE);
    return pauseMillis;
  }

  private static void awaitWrites(RecordedClients clients) throws InterruptedException {
    long wanted = clients.writes() + WRITES_BETWEEN;
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (clients.writes() < wanted) {
      assertTrue(System.nanoTime() < end, "no progress: " + clients.lastFailure());
      Thread.sleep(5);
    }
  }
}
