package io.holdfast.server.simulation;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The simulation is worth something only if it finds mistakes: each of these, in a few seeds. */
class PlantedServerBugSimulationTest {
  private static final int SEEDS_MAX = 300;

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void isFound(PlantedServerBug bug) {
    SimulationRun.quiet();
    for (long seed = 1; seed <= SEEDS_MAX; seed++) {
      try {
        new ServerSimulation(seed, bug.weather(), bug).run();
      } catch (AssertionError found) {
        System.out.println(bug + " found by " + firstLine(found));
        return;
      }
    }
    fail(bug + " was not found in " + SEEDS_MAX + " seeds");
  }

  private static String firstLine(AssertionError found) {
    String line = Stream.of(found.getMessage().split("\n")).findFirst().orElse("");
    return line.length() > 400 ? line.substring(0, 400) + "..." : line;
  }
}
