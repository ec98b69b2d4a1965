package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.driver.Bytes;
import io.holdfast.driver.Connection;
import io.holdfast.driver.Drivers;
import io.holdfast.driver.Lease;
import io.holdfast.driver.PutRequest;
import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import io.holdfast.harness.fault.FakeClock;
import io.holdfast.history.LeaseChecker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Leases while the members' clocks jump by an hour and leaders are killed: none ends early, and
 * none lives longer than its time to live, two election timeouts and a second after it was renewed
 * last or the last leader came; a lease that is kept alive is never lost.
 */
class LeaseFaultIT {
  private static final int JUMPS = Integer.getInteger("holdfast.clock.jumps", 100);
  private static final int KILLS = Integer.getInteger("holdfast.lease.kills", 4);
  private static final long SEED =
      Long.getLong("holdfast.seed", ThreadLocalRandom.current().nextInt(1_000_000));
  private static final long JUMP_SECONDS = 3_600;

  /** Each member's clock then jumps once in more than a second, so that no jump goes unseen. */
  private static final long MILLIS_BETWEEN_JUMPS = 350;

  private static final long ELECTION_TIMEOUT_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long GRACE_NANOS =
      2 * ELECTION_TIMEOUT_NANOS + Duration.ofSeconds(1).toNanos();
  private static final int DRIFT_PER_MILLE = 1;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Random random = new Random(SEED);
  private final List<FakeClock> clocks = new ArrayList<>();
  private final NavigableSet<Long> leaderChanges = new TreeSet<>();
  private final List<JsonLease> leases = new ArrayList<>();
  private int kills;

  @TempDir Path directory;

  @Test
  void noLeaseEndsEarlyOrLate() throws Exception {
    assumeTrue(FakeClock.isUsable());
    try (Cluster cluster = start();
        LeaseEnds ends = new LeaseEnds(cluster.endpointList());
        Connection connection = Drivers.connect("etcd://" + cluster.endpoints() + "/");
        Lease kept = connection.lease(Duration.ofSeconds(6), (reason, deadline) -> {})) {
      connection.put(PutRequest.of("kept", "alive").withLease(kept.id()));
      leaderChanges.add(System.nanoTime());
      try {
        jump(cluster);
        Thread.sleep(Duration.ofSeconds(5).plusNanos(GRACE_NANOS).toMillis());
        assertTrue(kept.isAlive(), "a lease was lost although it was kept alive");
        assertTrue(connection.get(Bytes.utf8("kept")).isPresent(), "a kept lease's key is gone");
        int judged = judge(ends);
        System.out.printf(
            "seed %d: %d clock jumps of an hour, %d kills of the leader: %d leases judged,"
                + " none ended early or late%n",
            SEED, JUMPS, kills, judged);
        assertTrue(judged * 2 > leases.size(), "most leases were never granted");
        assertEquals(KILLS, kills);
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + SEED + ": " + e + "\n" + cluster.logTails(), e);
      }
    }
  }

  private Cluster start() throws Exception {
    Cluster cluster = Cluster.prepare(Flavor.underTest(), 3, directory);
    for (MemberProcess member : cluster.members()) {
      FakeClock clock = new FakeClock(Files.createDirectories(directory.resolve(member.name())));
      clocks.add(clock);
      member.withVariables(clock.variables());
    }
    return cluster.start();
  }

  private void jump(Cluster cluster) throws InterruptedException {
    for (int i = 0; i < JUMPS; i++) {
      clocks.get(i % clocks.size()).jumpTo((random.nextInt(3) - 1) * JUMP_SECONDS + i);
      if (KILLS > 0 && i % (JUMPS / KILLS) == JUMPS / KILLS / 2) {
        killLeader(cluster);
      }
      long next = System.nanoTime() + Duration.ofMillis(MILLIS_BETWEEN_JUMPS).toNanos();
      MemberProcess member = cluster.member(random.nextInt(3));
      JsonLease.grant(member, 2 + random.nextInt(3), "lease/" + i).ifPresent(leases::add);
      if (!leases.isEmpty()) {
        leases.get(random.nextInt(leases.size())).renew(cluster.member(random.nextInt(3)));
      }
      Thread.sleep(Math.max(1, (next - System.nanoTime()) / 1_000_000));
    }
  }

  /** Kills the leader; it comes back while the clocks go on jumping. */
  private void killLeader(Cluster cluster) {
    cluster.members().forEach(member -> member.awaitReady(PATIENCE));
    MemberProcess leader = cluster.awaitLeader(PATIENCE);
    leader.kill();
    cluster.awaitLeader(PATIENCE);
    leaderChanges.add(System.nanoTime());
    leader.start();
    kills++;
  }

  private int judge(LeaseEnds ends) {
    int judged = 0;
    for (JsonLease lease : leases) {
      long ended = ends.endOf(lease.key());
      LeaseChecker.endedNotEarly(lease.record(), ended, DRIFT_PER_MILLE);
      Long changed = leaderChanges.floor(ended);
      LeaseChecker.notOverdue(
          lease.record(), ended, changed == null ? 0 : changed, GRACE_NANOS, DRIFT_PER_MILLE);
      judged++;
    }
    return judged;
  }
}
