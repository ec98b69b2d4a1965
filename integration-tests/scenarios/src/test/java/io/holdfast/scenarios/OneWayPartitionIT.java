package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import io.holdfast.harness.fault.Network;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The network between members works in one direction only, or not between all of them. Whoever can
 * form a quorum goes on, nobody drives the term up, and what clients saw has one order.
 */
class OneWayPartitionIT {
  private static final int ROUNDS = Integer.getInteger("holdfast.partition.rounds", 1);
  private static final Duration HELD = Duration.ofSeconds(5);
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** A leader that is cut off costs an election or two; a storm would be one in every second. */
  private static final long TERMS_MAX = 2;

  @TempDir Path directory;

  /** What is cut, seen from a leader and two followers. */
  private enum Cut {
    LEADER_IS_MUTE {
      @Override
      void make(Network network, int leader, int one, int other) {
        network.drop(leader, one);
        network.drop(leader, other);
      }
    },
    LEADER_IS_DEAF {
      @Override
      void make(Network network, int leader, int one, int other) {
        network.drop(one, leader);
        network.drop(other, leader);
      }
    },
    FOLLOWER_IS_MUTE {
      @Override
      void make(Network network, int leader, int one, int other) {
        network.drop(one, leader);
        network.drop(one, other);
      }
    },
    FOLLOWER_IS_DEAF {
      @Override
      void make(Network network, int leader, int one, int other) {
        network.drop(leader, one);
        network.drop(other, one);
      }
    },
    LEADER_AND_FOLLOWER_APART {
      @Override
      void make(Network network, int leader, int one, int other) {
        network.drop(leader, one);
        network.drop(one, leader);
      }
    };

    abstract void make(Network network, int leader, int one, int other);
  }

  @Test
  void theQuorumGoesOnWithoutATermStorm() throws Exception {
    assumeTrue(Network.isUsable());
    List<String> told = new ArrayList<>();
    try (Network network = Network.create(3);
        Cluster cluster = start(network);
        RecordedClients clients = RecordedClients.ofOneMemberEach(cluster.endpointList())) {
      clients.start(2, 1);
      try {
        for (int round = 0; round < ROUNDS; round++) {
          for (Cut cut : Cut.values()) {
            told.add(hold(cut, network, cluster, clients));
          }
        }
        clients.stop();
        System.out.printf("one-way partitions: %s; %s%n", told, clients.check());
      } catch (RuntimeException | AssertionError e) {
        String message = told + ": " + e.getMessage() + "; last failure: " + clients.lastFailure();
        throw new AssertionError(message + "\n" + cluster.logTails(), e);
      }
    }
  }

  private Cluster start(Network network) {
    Cluster cluster =
        new Cluster.Plan(Flavor.underTest(), 3, directory).hosts(network::address).prepare();
    for (int i = 0; i < cluster.members().size(); i++) {
      cluster.member(i).wrappedIn(network.wrapper(i));
    }
    return cluster.start();
  }

  private static String hold(Cut cut, Network network, Cluster cluster, RecordedClients clients)
      throws InterruptedException {
    awaitWrite(cut + ", before", clients, System.nanoTime());
    int leader = cluster.members().indexOf(cluster.awaitLeader(PATIENCE));
    long termBefore = newestTerm(cluster);
    long writesBefore = clients.writes();
    long start = System.nanoTime();
    cut.make(network, leader, (leader + 1) % 3, (leader + 2) % 3);
    long quietMillis = awaitWrite(cut.toString(), clients, start);
    Thread.sleep(HELD.toMillis());
    long writes = clients.writes() - writesBefore;
    network.heal();
    long healed = System.nanoTime();
    for (MemberProcess member : cluster.members()) {
      member.awaitReady(PATIENCE);
    }
    awaitWrite(cut + ", after", clients, healed);
    long terms = newestTerm(cluster) - termBefore;
    assertTrue(terms <= TERMS_MAX, cut + " drove the term up by " + terms);
    return String.format(
        "%s: first write after %d ms, %d writes, %d terms", cut, quietMillis, writes, terms);
  }

  private static long newestTerm(Cluster cluster) {
    return cluster.members().stream().mapToLong(member -> member.term().orElse(0)).max().orElse(0);
  }

  /** How many milliseconds until a write that was called after {@code nanos} is acknowledged. */
  private static long awaitWrite(String when, RecordedClients clients, long nanos)
      throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (clients.newestWriteCalledNanos() <= nanos) {
      assertTrue(System.nanoTime() < end, when + ": no write is acknowledged");
      Thread.sleep(2);
    }
    return (System.nanoTime() - nanos) / 1_000_000;
  }
}
