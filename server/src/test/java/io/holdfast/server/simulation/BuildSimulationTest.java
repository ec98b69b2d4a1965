package io.holdfast.server.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.server.raft.simulation.CoreSeeds;
import io.holdfast.server.raft.simulation.Simulation;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * What every build simulates: seeds of the core alone, and forty minutes of a whole cluster's life
 * from each of many others. Fails when that is less than docs/reliability.md says.
 */
class BuildSimulationTest {
  private static final int SEEDS_MIN = 2_000;
  private static final double HOURS_MIN = 200;

  private static final int CORE_SEEDS = 1_710;
  private static final long SERVER_SEED_FIRST = 31;
  private static final long SERVER_SEED_LAST = 330;
  private static final int SERVER_SEEDS_RUN_TWICE = 50;

  @Test
  void twoThousandSeedsAndTwoHundredHours() {
    assumeTrue(System.getProperty("holdfast.simulation.seed") == null, "one seed is asked for");
    SimulationRun.quiet();
    long start = System.nanoTime();
    double coreHours = coreHours();
    SimulationRun.Totals servers = servers();
    int seeds = CORE_SEEDS + servers.seeds();
    double hours = coreHours + servers.simulatedHours();
    System.out.printf(
        "simulation of a build: %d seeds, %.1f simulated hours without a violation, %d seeds twice,"
            + " in %d s (core: %d seeds, %.1f hours; whole servers: %s)%n",
        seeds,
        hours,
        SERVER_SEEDS_RUN_TWICE,
        (System.nanoTime() - start) / Timeline.SECOND,
        CORE_SEEDS,
        coreHours,
        servers);
    assertTrue(seeds >= SEEDS_MIN, "only " + seeds + " seeds");
    assertTrue(hours >= HOURS_MIN, "only " + hours + " hours");
  }

  private static double coreHours() {
    double micros =
        LongStream.rangeClosed(1, CORE_SEEDS)
            .parallel()
            .mapToObj(CoreSeeds::run)
            .mapToDouble(Simulation.Report::simulatedMicros)
            .sum();
    return micros / 3_600e6;
  }

  private static SimulationRun.Totals servers() {
    List<ServerSimulation.Outcome> outcomes =
        SimulationRun.outcomes(
            LongStream.rangeClosed(SERVER_SEED_FIRST, SERVER_SEED_LAST), Weather.fortyMinutes());
    List<ServerSimulation.Outcome> again =
        SimulationRun.outcomes(
            LongStream.range(SERVER_SEED_FIRST, SERVER_SEED_FIRST + SERVER_SEEDS_RUN_TWICE),
            Weather.fortyMinutes());
    for (int i = 0; i < again.size(); i++) {
      assertEquals(outcomes.get(i), again.get(i), "seed " + (SERVER_SEED_FIRST + i) + " again");
    }
    return SimulationRun.sum(outcomes);
  }
}
