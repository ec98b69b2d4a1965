package io.holdfast.server.raft.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.LongAdder;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Seeded runs of the core under every fault we know, each checked after every event: a few here,
 * for whoever works on the core; every build runs many more in {@code BuildSimulationTest}.
 *
 * <p>{@code -Dholdfast.simulation.seeds=N} sets how many, {@code -Dholdfast.simulation.seed=N} runs
 * one alone, bit for bit as it ran before.
 */
class RaftSimulationTest {
  private static final int SEEDS = Integer.getInteger("holdfast.simulation.seeds", 50);
  private static final Long ONLY_SEED = Long.getLong("holdfast.simulation.seed");
  private static final int SEEDS_RUN_TWICE = 50;

  @Test
  void everySeedKeepsEveryProperty() {
    if (ONLY_SEED != null) {
      System.out.println(
          "simulation: seed " + ONLY_SEED + ", " + summary(CoreSeeds.run(ONLY_SEED)));
      return;
    }
    LongAdder eventsSeen = new LongAdder();
    LongStream.rangeClosed(1, SEEDS)
        .parallel()
        .forEach(seed -> eventsSeen.add(CoreSeeds.run(seed).events()));
    System.out.println("simulation: seeds 1.." + SEEDS + ", " + eventsSeen.sum() + " events");
    assertTrue(eventsSeen.sum() > 1000L * SEEDS, "the runs did something");
  }

  @Test
  void aSeedRepeatsBitForBit() {
    for (long seed = 1; seed <= SEEDS_RUN_TWICE; seed++) {
      assertEquals(
          CoreSeeds.run(seed).traceHash(),
          CoreSeeds.run(seed).traceHash(),
          "trace of seed " + seed);
    }
  }

  private static String summary(Simulation.Report report) {
    return report.events()
        + " events, "
        + report.history().size()
        + " operations, trace "
        + Long.toHexString(report.traceHash());
  }
}
