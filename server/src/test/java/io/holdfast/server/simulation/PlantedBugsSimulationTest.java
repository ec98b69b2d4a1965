package io.holdfast.server.simulation;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.server.raft.simulation.planted.CoreMistakes;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A simulation that finds nothing proves nothing, unless it is known to find what is there: each
 * planted bug, of the core and of whole servers, must be found within a minute of one processor.
 * Prints which seed found which, as a table.
 *
 * <p>{@code -Dholdfast.simulation.bug=NAME} hunts one alone, or some.
 */
class PlantedBugsSimulationTest {
  private static final int BUGS_MIN = 20;
  private static final double SECONDS_MAX = 60;
  private static final List<String> ONLY_BUGS =
      List.of(System.getProperty("holdfast.simulation.bug", "").split(","));
  private static final List<String> TABLE = new ArrayList<>();

  /** A mistake, and what was found broken by a run of it with a seed. */
  private record Planted(String name, boolean inCore, LongFunction<Optional<String>> hunt) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Planted> all() {
    List<Planted> all = new ArrayList<>();
    CoreMistakes.forEach((name, hunt) -> all.add(new Planted(name, true, hunt)));
    Stream.of(PlantedServerBug.values())
        .filter(bug -> bug != PlantedServerBug.NONE)
        .forEach(bug -> all.add(new Planted(bug.name(), false, seed -> run(bug, seed))));
    return all.stream();
  }

  private static Optional<String> run(PlantedServerBug bug, long seed) {
    try {
      new ServerSimulation(seed, bug.weather(), bug).run();
      return Optional.empty();
    } catch (AssertionError found) {
      // Behind the seed and its settings stands what was broken.
      String line = found.getMessage().lines().findFirst().orElse("");
      String broken = line.substring(line.indexOf("]: ", line.indexOf("smallStoreBytes")) + 3);
      return Optional.of(broken.length() > 300 ? broken.substring(0, 300) + "..." : broken);
    }
  }

  @Test
  void thereAreEnough() {
    assertTrue(all().count() >= BUGS_MIN);
    all().forEach(bug -> RealBugs.of(bug.name()));
  }

  @ParameterizedTest
  @MethodSource("all")
  void isFoundWithinAMinute(Planted bug) {
    assumeTrue(ONLY_BUGS.contains("") || ONLY_BUGS.contains(bug.name()), "another bug is hunted");
    SimulationRun.quiet();
    double start = processorSeconds();
    for (long seed = 1; processorSeconds() - start < SECONDS_MAX; seed++) {
      Optional<String> broken = bug.hunt().apply(seed);
      if (broken.isPresent()) {
        found(bug, seed, processorSeconds() - start, broken.get());
        return;
      }
    }
    fail(bug + " was not found within " + SECONDS_MAX + " s");
  }

  /** A busy machine must not make a difference. */
  private static double processorSeconds() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1e9;
  }

  private static void found(Planted bug, long seed, double seconds, String broken) {
    System.out.printf("%s shows with seed %d: %s%n", bug, seed, broken);
    TABLE.add(
        String.format(
            Locale.ROOT,
            "| %s | %s | %s | %d | %.1f |",
            bug.name().toLowerCase(Locale.ROOT).replace('_', ' '),
            bug.inCore() ? "core" : "server",
            RealBugs.of(bug.name()),
            seed,
            seconds));
  }

  @AfterAll
  static void printTable() {
    System.out.println("| planted bug | in | modelled on | found by seed | processor seconds |");
    System.out.println("|---|---|---|---|---|");
    TABLE.forEach(System.out::println);
  }
}
