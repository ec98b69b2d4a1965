package io.holdfast.server.raft.simulation.planted;

import static org.junit.jupiter.api.Assertions.fail;

import io.holdfast.server.raft.simulation.Simulation;
import io.holdfast.server.raft.simulation.SimulationFailure;
import io.holdfast.server.raft.simulation.invariant.CommittedIsDurable;
import io.holdfast.server.raft.simulation.invariant.Invariant;
import io.holdfast.server.raft.simulation.invariant.PersistedBeforeSent;
import io.holdfast.server.raft.simulation.invariant.PersistedIsDurable;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A simulation that finds nothing proves nothing, unless it is known to find what is there: each
 * planted bug must be found within a bounded number of seeds.
 */
class PlantedBugSimulationTest {
  private static final int SEEDS_MAX = 1500;

  @ParameterizedTest
  @EnumSource(PlantedBug.class)
  void isFound(PlantedBug bug) {
    hunt(bug, Invariant::all);
  }

  /** Bugs of durability do harm that shows without a look at anybody's disk. */
  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.INCLUDE,
      names = {
        "VOTE_LEAVES_BEFORE_IT_IS_DURABLE",
        "VOTE_IS_FORGOTTEN_BY_A_RESTART",
        "ACKNOWLEDGEMENT_LEAVES_BEFORE_ITS_ENTRIES_ARE_DURABLE",
        "LEADER_COUNTS_ITSELF_BEFORE_ITS_ENTRIES_ARE_DURABLE",
        "CONFLICTING_ENTRIES_ARE_ACKNOWLEDGED_BUT_KEPT"
      })
  void isFoundByItsHarm(PlantedBug bug) {
    hunt(bug, PlantedBugSimulationTest::withoutThoseThatSeeDisks);
  }

  private static List<Invariant> withoutThoseThatSeeDisks() {
    return Invariant.all().stream()
        .filter(
            invariant ->
                !(invariant instanceof PersistedBeforeSent
                    || invariant instanceof PersistedIsDurable
                    || invariant instanceof CommittedIsDurable))
        .toList();
  }

  private static void hunt(PlantedBug bug, Supplier<List<Invariant>> invariants) {
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
