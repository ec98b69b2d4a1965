package io.holdfast.server.simulation;

/**
 * Runs seeds by hand: {@code SimulationCommand <first> <last> [faulty seconds] [planted bug]}; goes
 * on after a failure.
 */
final class SimulationCommand {
  private SimulationCommand() {}

  public static void main(String[] arguments) {
    SimulationRun.quiet();
    long first = Long.parseLong(arguments[0]);
    long last = Long.parseLong(arguments[1]);
    int seconds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 120;
    PlantedServerBug bug =
        arguments.length > 3 ? PlantedServerBug.valueOf(arguments[3]) : PlantedServerBug.NONE;
    int red = 0;
    for (long seed = first; seed <= last; seed++) {
      long start = System.nanoTime();
      try {
        ServerSimulation.Outcome outcome = new ServerSimulation(seed, seconds, bug).run();
        System.out.printf("%d %s, took %d ms%n", seed, outcome, millisSince(start));
      } catch (AssertionError violation) {
        red++;
        System.out.printf("%d RED after %d ms: ", seed, millisSince(start));
        violation.printStackTrace(System.out);
      }
    }
    System.out.println(red + " red");
  }

  private static long millisSince(long startNanos) {
    return (System.nanoTime() - startNanos) / Timeline.MILLI;
  }
}
