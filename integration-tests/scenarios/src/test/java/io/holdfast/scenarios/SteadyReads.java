package io.holdfast.scenarios;

import io.holdfast.driver.AsyncConnection;
import io.holdfast.driver.Connection;
import io.holdfast.driver.Drivers;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;

/**
 * Linearizable reads at every member at a steady rate, whether earlier ones were answered or not.
 * So there are always some that wait in a member that stands still: called at every moment of its
 * sleep, they are the first thing it sees when it wakes up. Each is judged when it is answered and
 * kept for the judges of {@link RecordedClients}.
 */
final class SteadyReads implements AutoCloseable {
  private static final int UNANSWERED_MAX = 2_000;
  private static final long TICK_MILLIS = 10;
  private static final long JOIN_MILLIS_MAX = 60_000;

  private final RecordedClients clients;
  private final int readsPerTick;
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopped;

  /**
   * @param endpoints of all members, {@code host:port}
   * @param readsPerSecond at each member
   */
  SteadyReads(RecordedClients clients, List<String> endpoints, int readsPerSecond) {
    this.clients = clients;
    readsPerTick = Math.max(1, (int) (readsPerSecond * TICK_MILLIS / 1_000));
    for (String endpoint : endpoints) {
      Thread thread = new Thread(() -> read(endpoint), "reads-at-" + endpoint);
      threads.add(thread);
      thread.start();
    }
  }

  private void read(String endpoint) {
    Random random = new Random(endpoint.hashCode());
    Semaphore unanswered = new Semaphore(UNANSWERED_MAX);
    try (Connection connection =
        Drivers.connect("etcd://" + endpoint + "/?requestTimeout=15s&backoffMax=100ms")) {
      AsyncConnection async = connection.async();
      while (!stopped) {
        for (int i = 0; i < readsPerTick && unanswered.tryAcquire(); i++) {
          String key = RecordedClients.keyOf(random);
          clients.readAsync(async, key).whenComplete((done, failed) -> unanswered.release());
        }
        Thread.sleep(TICK_MILLIS);
      }
      unanswered.acquire(UNANSWERED_MAX);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Asks no more, and waits for the answers that are due. */
  @Override
  public void close() throws InterruptedException {
    stopped = true;
    for (Thread thread : threads) {
      thread.join(JOIN_MILLIS_MAX);
      if (thread.isAlive()) {
        throw new AssertionError(thread.getName() + " hangs");
      }
    }
  }
}
