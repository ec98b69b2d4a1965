package io.holdfast.server.raft.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.raft.simulation.invariant.Invariant;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Many seeded runs of whole clusters under every fault we know, each checked after every event.
 *
 * <p>{@code -Dholdfast.simulation.seeds=N} sets how many, {@code -Dholdfast.simulation.seed=N} runs
 * one alone, bit for bit as it ran before.
 */
class RaftSimulationTest {
  private static final int SEEDS = Integer.getInteger("holdfast.simulation.seeds", 1000);
  private static final Long ONLY_SEED = Long.getLong("holdfast.simulation.seed");
  private static final int SEEDS_RUN_TWICE = 50;

  /** Every so many seeds, a run in which the membership changes all the time. */
  private static final int STORM_EVERY = 4;

  @Test
  void everySeedKeepsEveryProperty() {
    if (ONLY_SEED != null) {
      System.out.println("simulation: seed " + ONLY_SEED + ", " + summary(run(ONLY_SEED)));
      return;
    }
    LongAdder eventsSeen = new LongAdder();
    LongAdder operations = new LongAdder();
    LongStream.rangeClosed(1, SEEDS)
        .parallel()
        .forEach(
            seed -> {
              Simulation.Report report = run(seed);
              eventsSeen.add(report.events());
              operations.add(report.history().size());
            });
    long events = eventsSeen.sum();
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
    boolean storm = seed % STORM_EVERY == 0;
    Behaviour right =
        new Behaviour() {
          @Override
          public Settings.Weather weather() {
            return storm ? Settings.Weather.MEMBERSHIP : Settings.Weather.MIXED;
          }
        };
    return new Simulation(seed, right, Invariant.all()).run();
  }

  private static String summary(Simulation.Report report) {
    return report.events()
        + " events, "
        + report.history().size()
        + " operations, trace "
        + Long.toHexString(report.traceHash());
  }
}
