package io.holdfast.server.raft.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.raft.simulation.invariant.Invariant;
import org.junit.jupiter.api.Test;

/**
 * Many seeded runs of whole clusters under every fault we know, each checked after every event.
 *
 * <p>{@code -Dholdfast.simulation.seeds=N} sets how many, {@code -Dholdfast.simulation.seed=N} runs
 * one alone, bit for bit as it ran before.
 */
class RaftSimulationTest {
  private static final int SEEDS = Integer.getInteger("holdfast.simulation.seeds", 500);
  private static final Long ONLY_SEED = Long.getLong("holdfast.simulation.seed");
  private static final int SEEDS_RUN_TWICE = 10;

  @Test
  void everySeedKeepsEveryProperty() {
    if (ONLY_SEED != null) {
      System.out.println("simulation: seed " + ONLY_SEED + ", " + summary(run(ONLY_SEED)));
      return;
    }
    long events = 0;
    long operations = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      Simulation.Report report = run(seed);
      events += report.events();
      operations += report.history().size();
    }
    System.out.println(
        "simulation: seeds 1.." + SEEDS + ", " + events + " events, " + operations + " operations");
    assertTrue(events > 1000L * SEEDS, "the runs did something");
  }

  @Test
  void aSeedRepeatsBitForBit() {
    for (long seed = 1; seed <= SEEDS_RUN_TWICE; seed++) {
      assertEquals(run(seed).traceHash(), run(seed).traceHash(), "trace of seed " + seed);
    }
  }

  private static Simulation.Report run(long seed) {
    return new Simulation(seed, new Behaviour(), Invariant.all()).run();
  }

  private static String summary(Simulation.Report report) {
    return report.events()
        + " events, "
        + report.history().size()
        + " operations, trace "
        + Long.toHexString(report.traceHash());
  }
}
