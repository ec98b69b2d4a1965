package io.holdfast.server.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;

/** Whole clusters under virtual time, seed by seed. */
class ServerSimulationTest {
  @Test
  void holdsOnEverySeed() {
    SimulationRun.quiet();
    SimulationRun.Totals totals = SimulationRun.of(SimulationRun.seeds(31, 58), 60);
    System.out.println(totals);
    assertTrue(totals.operationsDone() > 0);
  }

  @Test
  @Disabled("open: after a power cut the tidying of the store meets a chunk that was overwritten")
  void tidyingSurvivesPowerCuts() {
    SimulationRun.quiet();
    new ServerSimulation(17, 60, PlantedServerBug.NONE).run();
  }

  @Test
  void aSeedRunsTheSameTwice() {
    SimulationRun.quiet();
    for (long seed = 31; seed <= 40; seed++) {
      assertEquals(
          new ServerSimulation(seed, 20, PlantedServerBug.NONE).run(),
          new ServerSimulation(seed, 20, PlantedServerBug.NONE).run(),
          "seed " + seed);
    }
  }
}
