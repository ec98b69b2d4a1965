package io.holdfast.server.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.LongStream;

/** Many seeds, as many at once as there are processors; each on a thread of its own. */
final class SimulationRun {
  private static final Logger SERVER_LOG = Logger.getLogger("io.holdfast");

  private SimulationRun() {}

  /** What all runs did together. */
  record Totals(int seeds, double simulatedHours, long operations, long operationsDone) {
    @Override
    public String toString() {
      return String.format(
          "%d seeds, %.2f simulated hours, %d operations, %d of them answered",
          seeds, simulatedHours, operations, operationsDone);
    }
  }

  /** A member on a simulated machine has much to report that nobody needs to read. */
  static void quiet() {
    SERVER_LOG.setLevel(Boolean.getBoolean("holdfast.simulation.log") ? Level.INFO : Level.OFF);
  }

  /** The seeds of a build: -Dholdfast.simulation.seed, or all from one to another. */
  static LongStream seeds(long first, long last) {
    String one = System.getProperty("holdfast.simulation.seed");
    if (one != null) {
      return LongStream.of(Long.parseLong(one));
    }
    return LongStream.rangeClosed(first, last);
  }

  /**
   * Runs seeds.
   *
   * @throws AssertionError the first failure, with the command that repeats it
   */
  static Totals of(LongStream seeds, int faultySeconds) {
    ExecutorService processors =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
    try {
      List<Callable<ServerSimulation.Outcome>> runs =
          seeds
              .<Callable<ServerSimulation.Outcome>>mapToObj(
                  seed ->
                      () -> new ServerSimulation(seed, faultySeconds, PlantedServerBug.NONE).run())
              .toList();
      List<Future<ServerSimulation.Outcome>> outcomes = new ArrayList<>();
      runs.forEach(run -> outcomes.add(processors.submit(run)));
      return sum(outcomes);
    } finally {
      processors.shutdownNow();
    }
  }

  private static Totals sum(List<Future<ServerSimulation.Outcome>> outcomes) {
    double nanos = 0;
    long operations = 0;
    long done = 0;
    for (Future<ServerSimulation.Outcome> outcome : outcomes) {
      try {
        nanos += outcome.get().simulatedNanos();
        operations += outcome.get().operations();
        done += outcome.get().done();
      } catch (ExecutionException e) {
        throw new AssertionError(e.getCause().getMessage(), e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted", e);
      }
    }
    return new Totals(outcomes.size(), nanos / 3_600e9, operations, done);
  }
}
