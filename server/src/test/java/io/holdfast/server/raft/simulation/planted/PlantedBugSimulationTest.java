package io.holdfast.server.raft.simulation.planted;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.server.raft.simulation.Simulation;
import io.holdfast.server.raft.simulation.SimulationFailure;
import io.holdfast.server.raft.simulation.invariant.Invariant;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Some mistakes do harm that shows even where nobody looks for broken rules; that all are found,
 * and how soon, shows the hunt for all planted bugs in {@code io.holdfast.server.simulation}.
 *
 * <p>{@code -Dholdfast.simulation.bug=NAME} hunts one alone, or some.
 */
class PlantedBugSimulationTest {
  private static final int SEEDS_MAX = 1500;
  private static final List<String> ONLY_BUGS =
      List.of(System.getProperty("holdfast.simulation.bug", "").split(","));

  /**
   * Bugs of durability and membership do harm that shows without a look at anybody's disk or idea
   * of the membership.
   */
  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.INCLUDE,
      names = {
        "VOTE_LEAVES_BEFORE_IT_IS_DURABLE",
        "VOTE_IS_FORGOTTEN_BY_A_RESTART",
        "ACKNOWLEDGEMENT_LEAVES_BEFORE_ITS_ENTRIES_ARE_DURABLE",
        "LEADER_COUNTS_ITSELF_BEFORE_ITS_ENTRIES_ARE_DURABLE",
        "CONFLICTING_ENTRIES_ARE_ACKNOWLEDGED_BUT_KEPT",
        "TWO_MEMBERSHIP_CHANGES_AT_ONCE",
        "MEMBERSHIP_IS_IN_FORCE_ONLY_WHEN_COMMITTED",
        "LEARNERS_COUNT_FOR_COMMITS",
        "JOINT_COMMIT_BY_ONE_HALF",
        "REMOVED_LEADER_COUNTS_ITSELF",
        "SNAPSHOT_WITHOUT_ITS_MEMBERSHIP"
      })
  void isFoundByItsHarm(PlantedBug bug) {
    hunt(bug, Invariant::ofHarmOnly);
  }

  private static void hunt(PlantedBug bug, Supplier<List<Invariant>> invariants) {
    assumeTrue(ONLY_BUGS.contains("") || ONLY_BUGS.contains(bug.name()), "another bug is hunted");
    for (long seed = 1; seed <= SEEDS_MAX; seed++) {
      try {
        new Simulation(seed, bug.behaviour(), invariants.get()).run();
      } catch (SimulationFailure found) {
        System.out.println(bug + " shows with seed " + seed + ": " + found.property());
        return;
      }
    }
    fail(bug + " was not found in seeds 1.." + SEEDS_MAX);
  }
}
