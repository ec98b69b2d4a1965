package io.holdfast.server.simulation;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Whole clusters under virtual time, in one storm: some seeds, one that is asked for
 * (-Dholdfast.simulation.seed), and those that once found something. Every build runs many more in
 * {@link BuildSimulationTest}.
 */
class ServerSimulationTest {
  private static final List<String> DEEDS_OF_DISKS =
      List.of(
          "bits of snap turned",
          "bits of wal turned",
          "write went astray",
          "disk had no room",
          "refused: NO_SPACE",
          "read answered for all the alarm NOSPACE",
          "alarm NOSPACE disarmed",
          "repaired itself");

  @Test
  void holdsOnEverySeed() {
    SimulationRun.quiet();
    SimulationRun.Totals totals = SimulationRun.of(SimulationRun.seeds(31, 130), Weather.storm(60));
    System.out.println(totals);
    assertTrue(totals.operationsDone() > 0);
  }

  /** Members come, go, get their vote, lose their disk and are replaced, in the midst of it all. */
  @Test
  void holdsWhileTheMembershipChanges() {
    SimulationRun.quiet();
    System.out.println(SimulationRun.of(SimulationRun.seeds(1, 12), Weather.memberStorm()));
  }

  /**
   * Bits turn and writes go astray on the disks of a minority, disks fill up, and quotas change;
   * all of it happens, and members repair themselves or say that there is no room.
   */
  @Test
  void holdsWhileDisksBreak() {
    SimulationRun.quiet();
    SimulationRun.Totals totals = SimulationRun.of(SimulationRun.seeds(1, 24), Weather.diskStorm());
    System.out.println(totals + ", " + totals.deeds());
    if (totals.seeds() > 1) {
      for (String deed : DEEDS_OF_DISKS) {
        assertTrue(totals.deeds().containsKey(deed), deed);
      }
    }
  }

  /**
   * Members find the key index as it was written down, half of it, an old one, another's or none.
   */
  @Test
  void holdsWhereverTheKeyIndexComesFrom() {
    SimulationRun.quiet();
    SimulationRun.Totals totals =
        SimulationRun.of(SimulationRun.seeds(1, 24), Weather.checkpointStorm());
    System.out.println(totals + ", " + totals.deeds());
    if (totals.seeds() > 1) {
      for (String deed : CheckpointNemesis.DEEDS) {
        assertTrue(totals.deeds().containsKey(deed), deed);
      }
    }
  }

  /** Some want the same lock, and are given it one after the other. */
  @Test
  void locksHaveOneHolderAtATime() {
    SimulationRun.quiet();
    System.out.println(SimulationRun.of(SimulationRun.seeds(1, 30), Weather.lockStorm()));
  }

  /** Tidying the store after a power cut met chunks whose place had been used again. */
  @Test
  void tidyingSurvivesPowerCuts() {
    repeats(17, 37);
  }

  /**
   * After a power cut the store showed an older version than had been synced, or nothing at all,
   * and a lone member could not start.
   */
  @Test
  void storesDoNotFallBehindTheirLastSync() {
    repeats(59, 138, 143);
  }

  /** A member that lost its log before it knew any other member counted itself out. */
  @Test
  void aMemberWithoutMembershipWaitsForTheOthers() {
    repeats(54, 82, 98);
  }

  /** A leader that was deposed in its sleep handed the end of a lease on to its successor. */
  @Test
  void aDeposedLeaderEndsNoLease() {
    repeats(212);
  }

  private static void repeats(long... seeds) {
    SimulationRun.quiet();
    for (long seed : seeds) {
      new ServerSimulation(seed, Weather.storm(60), PlantedServerBug.NONE).run();
    }
  }
}
