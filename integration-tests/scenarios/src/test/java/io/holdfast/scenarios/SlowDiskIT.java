package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import io.holdfast.harness.fault.Strace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every sync of the log takes 200 ms, twice the interval of heartbeats, at the leader alone or at
 * all members. Writes are slow then, but heartbeats do not wait behind the disk: nobody stands for
 * election.
 */
class SlowDiskIT {
  private static final int SYNC_MILLIS = 200;
  private static final Duration HELD =
      Duration.ofSeconds(Integer.getInteger("holdfast.slow.seconds", 6));
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final long WRITES_MIN = 20;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void aSlowDiskStartsNoElection(int slowMembers) throws Exception {
    assumeTrue(Strace.isUsable());
    Cluster cluster = Cluster.prepare(Flavor.underTest(), 3, directory);
    for (int i = 0; i < slowMembers; i++) {
      Path trace = Files.createDirectories(directory.resolve("m" + i)).resolve("trace.txt");
      String delay = "delay_enter=" + SYNC_MILLIS * 1000;
      cluster.member(i).wrappedIn(Strace.prefixOfFewCalls("fdatasync", delay, trace));
    }
    try (cluster;
        RecordedClients clients = RecordedClients.ofOneMemberEach(cluster.endpointList())) {
      cluster.start();
      MemberProcess slow = cluster.member(0);
      lead(cluster, slow);
      clients.start(4, 1);
      awaitWrites(clients, WRITES_MIN);
      long term = slow.term().orElseThrow();
      long writesBefore = clients.writes();
      Thread.sleep(HELD.toMillis());
      awaitWrites(clients, writesBefore + WRITES_MIN - clients.writes());
      assertEquals(term, slow.term().orElseThrow(), "an election was held\n" + cluster.logTails());
      assertTrue(slow.isLeader(), "the leader changed");
      clients.stop();
      List<String> syncs = Strace.lines(directory.resolve("m0").resolve("trace.txt"));
      long delayed = syncs.stream().filter(line -> line.contains("(DELAYED)")).count();
      assertTrue(delayed > 0, "no sync was slow");
      System.out.printf(
          "syncs of %d ms at %d members: %d slow syncs of the leader, no election; %s%n",
          SYNC_MILLIS, slowMembers, delayed, clients.check());
    }
  }

  private static void lead(Cluster cluster, MemberProcess wanted) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!wanted.isLeader()) {
      assertTrue(System.nanoTime() < end, "the leadership cannot be handed over");
      cluster.awaitLeader(PATIENCE).handOver(wanted);
      Thread.sleep(100);
    }
  }

  private static void awaitWrites(RecordedClients clients, long more) throws InterruptedException {
    long wanted = clients.writes() + more;
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (clients.writes() < wanted) {
      assertTrue(System.nanoTime() < end, "no progress: " + clients.lastFailure());
      Thread.sleep(5);
    }
  }
}
