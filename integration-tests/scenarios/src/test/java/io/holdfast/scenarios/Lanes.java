package io.holdfast.scenarios;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The same work several times beside each other, as most of it is waiting. */
final class Lanes {
  /** Work that knows which one it is. */
  interface Lane {
    void run(int number) throws Exception;
  }

  private Lanes() {}

  /** Runs all to their end, then throws the first failure there was. */
  static void run(int count, Lane lane) throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(count);
    try {
      List<Future<?>> futures = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int number = i;
        futures.add(
            executor.submit(
                () -> {
                  lane.run(number);
                  return null;
                }));
      }
      for (Future<?> future : futures) {
        future.get();
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Error error ? error : new AssertionError(e.getCause());
    } finally {
      executor.shutdown();
    }
  }
}
