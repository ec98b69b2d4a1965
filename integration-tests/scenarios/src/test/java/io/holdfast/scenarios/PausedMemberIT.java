package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Members, mostly the leader, stand still for a while and then go on without knowing it, and the
 * leadership is handed around, while every member is asked for linearizable reads. A leader that
 * wakes up deposed must not answer from what it knew: no read is stale, and the whole history has
 * one order.
 */
@Isolated("a busy machine pauses members by itself")
class PausedMemberIT {
  private static final int PAUSES = Integer.getInteger("holdfast.pauses", 40);
  private static final int PAUSE_MILLIS_MAX = Integer.getInteger("holdfast.pause.millis", 2_500);
  private static final long READS = Long.getLong("holdfast.stale.reads", 100_000);
  private static final long SEED =
      Long.getLong("holdfast.seed", ThreadLocalRandom.current().nextInt(1_000_000));
  private static final int PAUSE_MILLIS_MIN = 100;
  private static final int READS_PER_SECOND = Integer.getInteger("holdfast.reads.per.second", 800);
  private static final int THINK_MILLIS = 10;
  private static final Duration READS_WITHIN = Duration.ofMinutes(10);
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @TempDir Path directory;

  @Test
  void noReadIsStale() throws Exception {
    Random random = new Random(SEED);
    int leaderChanges = 0;
    try (Cluster cluster = Cluster.start(Flavor.underTest(), 3, directory);
        RecordedClients clients = RecordedClients.ofOneMemberEach(cluster.endpointList())) {
      clients.thinking(THINK_MILLIS).start(2, 1);
      try (SteadyReads reads = new SteadyReads(clients, cluster.endpointList(), READS_PER_SECOND)) {
        for (int i = 0; i < PAUSES; i++) {
          leaderChanges += pause(cluster, clients, random) ? 1 : 0;
        }
        long end = System.nanoTime() + READS_WITHIN.toNanos();
        while (clients.reads() < READS && System.nanoTime() < end) {
          Thread.sleep(50);
        }
        reads.close();
        clients.stop();
        System.out.printf(
            "seed %d: %d pauses of %d to %d ms, %d leader changes; %s%n",
            SEED, PAUSES, PAUSE_MILLIS_MIN, PAUSE_MILLIS_MAX, leaderChanges, clients.check());
        assertTrue(leaderChanges > 0, "no pause was long enough for another leader");
        assertTrue(clients.reads() >= READS, "only " + clients.reads() + " reads");
      } catch (RuntimeException | AssertionError e) {
        String told = e.getMessage() + "; last failure: " + clients.lastFailure();
        throw new AssertionError("seed " + SEED + ": " + told + "\n" + cluster.logTails(), e);
      }
    }
  }

  /**
   * @return whether another member leads afterwards
   */
  private static boolean pause(Cluster cluster, RecordedClients clients, Random random)
      throws InterruptedException {
    awaitWrites(clients);
    MemberProcess leader = cluster.awaitLeader(PATIENCE);
    MemberProcess member = random.nextInt(4) == 0 ? cluster.member(random.nextInt(3)) : leader;
    member.pause();
    try {
      Thread.sleep(pauseMillis(random));
    } finally {
      member.resume();
    }
    if (random.nextInt(3) == 0) {
      cluster.awaitLeader(PATIENCE).handOver(cluster.member(random.nextInt(3)));
    }
    return !cluster.awaitLeader(PATIENCE).name().equals(leader.name());
  }

  /** As many short pauses as long ones, on a logarithmic scale. */
  private static long pauseMillis(Random random) {
    double ratio = (double) PAUSE_MILLIS_MAX / PAUSE_MILLIS_MIN;
    return Math.round(PAUSE_MILLIS_MIN * Math.pow(ratio, random.nextDouble()));
  }

  private static void awaitWrites(RecordedClients clients) throws InterruptedException {
    long wanted = clients.writes() + 20;
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (clients.writes() < wanted) {
      assertTrue(System.nanoTime() < end, "no progress: " + clients.lastFailure());
      Thread.sleep(5);
    }
  }
}
