package io.holdfast.server.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
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
  record Totals(
      int seeds,
      double simulatedHours,
      long operations,
      long operationsDone,
      SortedMap<String, Integer> deeds) {
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
  static Totals of(LongStream seeds, Weather weather) {
    return sum(outcomes(seeds, weather));
  }

  /** What became of each seed, in order; see {@link #of}. */
  static List<ServerSimulation.Outcome> outcomes(LongStream seeds, Weather weather) {
    return outcomes(seeds, weather, Runtime.getRuntime().availableProcessors());
  }

  /** The same, so many at once. */
  static List<ServerSimulation.Outcome> outcomes(LongStream seeds, Weather weather, int threads) {
    ExecutorService processors = Executors.newFixedThreadPool(threads);
    try {
      List<Future<ServerSimulation.Outcome>> outcomes =
          seeds.mapToObj(seed -> processors.submit(run(seed, weather))).toList();
      List<ServerSimulation.Outcome> ended = new ArrayList<>();
      for (Future<ServerSimulation.Outcome> outcome : outcomes) {
        ended.add(outcome.get());
      }
      return ended;
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause().getMessage(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    } finally {
      processors.shutdownNow();
    }
  }

  private static Callable<ServerSimulation.Outcome> run(long seed, Weather weather) {
    return () -> new ServerSimulation(seed, weather, PlantedServerBug.NONE).run();
  }

  static Totals sum(List<ServerSimulation.Outcome> outcomes) {
    double nanos = 0;
    long operations = 0;
    long done = 0;
    SortedMap<String, Integer> deeds = new TreeMap<>();
    for (ServerSimulation.Outcome outcome : outcomes) {
      nanos += outcome.simulatedNanos();
      operations += outcome.operations();
      done += outcome.done();
      outcome.deeds().forEach((deed, count) -> deeds.merge(deed, count, Integer::sum));
    }
    return new Totals(outcomes.size(), nanos / 3_600e9, operations, done, deeds);
  }
}
