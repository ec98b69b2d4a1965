package io.holdfast.server.cli.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.DoubleFunction;
import java.util.function.Supplier;

/**
 * Runs windows of load, in turn on every target, and collects what they show.
 *
 * <p>Targets alternate (A B, B A, A B, ...), so that a drift of the machine touches both alike.
 */
final class Runner {
  private static final long PROGRESS_MILLIS = 200;
  private static final long ANSWERS_DUE_SECONDS = 60;

  private final PrintStream progress;
  private final boolean progressShown;

  Runner(PrintStream progress, boolean progressShown) {
    this.progress = progress;
    this.progressShown = progressShown;
  }

  /**
   * @param warmUpSeconds uncounted load on each target before the first window
   * @param windows counted windows on each target
   * @param limit makes the limit of one counted window
   * @return the windows of each target, in the order of {@code targets}
   */
  Map<String, List<Window>> run(
      List<Target> targets,
      Workload workload,
      double warmUpSeconds,
      int windows,
      Supplier<Limit> limit) {
    Map<String, List<Window>> results = new LinkedHashMap<>();
    for (Target target : targets) {
      results.put(target.name(), new ArrayList<>());
      workload.prepare(target);
      if (warmUpSeconds > 0) {
        window("warm-up " + target.name(), target, workload, () -> Limit.seconds(warmUpSeconds));
      }
    }
    for (int i = 0; i < windows; i++) {
      for (int j = 0; j < targets.size(); j++) {
        Target target = targets.get(i % 2 == 0 ? j : targets.size() - 1 - j);
        String label = target.name() + " " + (i + 1) + "/" + windows;
        results.get(target.name()).add(window(label, target, workload, limit));
      }
    }
    return results;
  }

  private Window window(String label, Target target, Workload workload, Supplier<Limit> limits) {
    Tally tally = new Tally();
    ProgressBar bar = new ProgressBar(progress, progressShown, label);
    ProcessUsage before = target.usage();
    Limit limit = limits.get();
    CompletableFuture<Void> finished = workload.run(target, limit, tally).toCompletableFuture();
    await(finished, limit, fraction -> bar(bar, fraction, tally, limit));
    long nanos = limit.elapsedNanos();
    ProcessUsage after = target.usage();
    bar.done();
    if (tally.operations() == 0) {
      throw new BenchFailure(label + ": no request was answered (" + tally.failureReasons() + ")");
    }
    if (tally.failures() > 0) {
      progress.println(label + ": failed requests: " + tally.failureReasons());
    }
    return new Window(
        tally.operations(),
        tally.failures(),
        nanos,
        tally.histogram(),
        after.cpuMicros() - before.cpuMicros(),
        foreignShare(before, after, nanos),
        after.residentBytes());
  }

  private static Void bar(ProgressBar bar, double fraction, Tally tally, Limit limit) {
    double rate = tally.operations() * 1e9 / Math.max(1, limit.elapsedNanos());
    bar.show(fraction, String.format("%,.0f/s", rate));
    return null;
  }

  private static void await(
      CompletableFuture<Void> finished, Limit limit, DoubleFunction<Void> show) {
    long overSinceNanos = 0;
    while (true) {
      try {
        finished.get(PROGRESS_MILLIS, TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException e) {
        show.apply(limit.fraction());
        if (limit.over()) {
          overSinceNanos = overSinceNanos == 0 ? System.nanoTime() : overSinceNanos;
          if (System.nanoTime() - overSinceNanos > ANSWERS_DUE_SECONDS * 1_000_000_000L) {
            throw new BenchFailure(
                "requests are still unanswered " + ANSWERS_DUE_SECONDS + " s after the last one");
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new BenchFailure("interrupted");
      } catch (ExecutionException e) {
        throw new BenchFailure(String.valueOf(e.getCause().getMessage()));
      }
    }
  }

  private static double foreignShare(ProcessUsage before, ProcessUsage after, long nanos) {
    if (after.cpuMicros() == before.cpuMicros()) {
      // Without the servers' process ids their time cannot be told from anybody else's.
      return 0;
    }
    long foreign =
        (after.machineBusyMicros() - before.machineBusyMicros())
            - (after.cpuMicros() - before.cpuMicros())
            - (after.ownMicros() - before.ownMicros());
    return Math.max(0, foreign * 1000.0 / nanos);
  }
}
