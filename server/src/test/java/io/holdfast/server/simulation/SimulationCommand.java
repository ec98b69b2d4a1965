package io.holdfast.server.simulation;

import java.util.stream.LongStream;

/**
 * Runs seeds by hand: {@code SimulationCommand <first> <last> [weather] [planted bug]}; goes on
 * after a failure. Several at once.
 */
final class SimulationCommand {
  private SimulationCommand() {}

  public static void main(String[] arguments) {
    SimulationRun.quiet();
    long first = Long.parseLong(arguments[0]);
    long last = Long.parseLong(arguments[1]);
    Weather weather = arguments.length > 2 ? Weather.named(arguments[2]) : Weather.storm(120);
    PlantedServerBug bug =
        arguments.length > 3 ? PlantedServerBug.valueOf(arguments[3]) : PlantedServerBug.NONE;
    long red =
        LongStream.rangeClosed(first, last)
            .parallel()
            .filter(seed -> !isGreen(seed, weather, bug))
            .count();
    System.out.println(red + " red");
  }

  private static boolean isGreen(long seed, Weather weather, PlantedServerBug bug) {
    long start = System.nanoTime();
    try {
      ServerSimulation.Outcome outcome = new ServerSimulation(seed, weather, bug).run();
      System.out.printf("%d %s, took %d ms%n", seed, outcome, millisSince(start));
      return true;
    } catch (AssertionError violation) {
      System.out.printf("%d RED after %d ms: ", seed, millisSince(start));
      violation.printStackTrace(System.out);
      return false;
    }
  }

  private static long millisSince(long startNanos) {
    return (System.nanoTime() - startNanos) / Timeline.MILLI;
  }
}
