package io.holdfast.server.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Whole clusters under virtual time, seed by seed. */
class ServerSimulationTest {
  @Test
  void holdsOnEverySeed() {
    SimulationRun.quiet();
    SimulationRun.Totals totals = SimulationRun.of(SimulationRun.seeds(60), 60);
    System.out.println(totals);
    assertTrue(totals.operationsDone() > 0);
  }

  @Test
  void aSeedRunsTheSameTwice() {
    SimulationRun.quiet();
    for (long seed = 1; seed <= 50; seed++) {
      assertEquals(
          new ServerSimulation(seed, 20, PlantedServerBug.NONE).run(),
          new ServerSimulation(seed, 20, PlantedServerBug.NONE).run(),
          "seed " + seed);
    }
  }
}
