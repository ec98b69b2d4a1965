package io.holdfast.scenarios;

import io.holdfast.driver.Bytes;
import io.holdfast.driver.Connection;
import io.holdfast.driver.Drivers;
import io.holdfast.driver.HoldfastException;
import io.holdfast.driver.KeyValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Writers at a moderate rate, each on a key of its own that counts, and how long their writes took.
 * After a failure a writer goes on with the same number. The driver knows all members.
 */
final class LatencyLoad implements AutoCloseable {
  private static final int WRITERS = 8;
  private static final long THINK_MILLIS = 5;
  private static final long JOIN_MILLIS_MAX = 60_000;

  private final String endpoints;
  private final List<Writer> writers = new ArrayList<>();
  private volatile boolean stopped;

  /** What the writers saw in a stretch of time. */
  record Latencies(int writes, long p50Micros, long p99Micros, long maxMicros) {
    @Override
    public String toString() {
      return String.format(
          "%d writes, p50 %.1f, p99 %.1f, at most %.1f ms",
          writes, p50Micros / 1e3, p99Micros / 1e3, maxMicros / 1e3);
    }
  }

  private record Write(long calledNanos, long micros) {}

  /**
   * Starts the writers.
   *
   * @param endpoints of the members they know, {@code host:port}, comma-separated
   */
  LatencyLoad(String endpoints) {
    this.endpoints = endpoints;
    for (int i = 0; i < WRITERS; i++) {
      Writer writer = new Writer("latency/" + i);
      writers.add(writer);
      writer.thread.start();
    }
  }

  /** Of the writes called since {@code nanos}, on the clock of {@link System#nanoTime}. */
  Latencies since(long nanos) {
    List<Long> micros = new ArrayList<>();
    for (Writer writer : writers) {
      synchronized (writer.done) {
        writer.done.stream()
            .filter(write -> write.calledNanos() - nanos >= 0)
            .forEach(write -> micros.add(write.micros()));
      }
    }
    long[] sorted = micros.stream().mapToLong(Long::longValue).sorted().toArray();
    if (sorted.length == 0) {
      throw new AssertionError("no write was acknowledged: " + failures());
    }
    int p99 = (int) Math.ceil(sorted.length * 0.99) - 1;
    return new Latencies(
        sorted.length,
        sorted[sorted.length / 2],
        sorted[p99],
        Arrays.stream(sorted).max().orElse(0));
  }

  /** The newest failure of each writer that saw one. */
  List<String> failures() {
    return writers.stream().map(writer -> writer.failure).flatMap(Optional::stream).toList();
  }

  /** Ends the writers, then looks for what was acknowledged and is not there. */
  List<String> stopAndVerify() throws InterruptedException {
    close();
    List<String> lost = new ArrayList<>();
    try (Connection connection = Drivers.connect("etcd://" + endpoints + "/")) {
      for (Writer writer : writers) {
        Optional<KeyValue> found = connection.get(Bytes.utf8(writer.key));
        long number = found.map(each -> Long.parseLong(each.value().asUtf8())).orElse(0L);
        if (number < writer.acknowledged) {
          lost.add(writer.key + " has " + number + ", acknowledged is " + writer.acknowledged);
        }
      }
    }
    return lost;
  }

  @Override
  public void close() throws InterruptedException {
    stopped = true;
    for (Writer writer : writers) {
      writer.thread.join(JOIN_MILLIS_MAX);
      if (writer.thread.isAlive()) {
        throw new AssertionError(writer.key + " hangs");
      }
    }
  }

  private final class Writer {
    private final String key;
    private final Thread thread;
    private final List<Write> done = new ArrayList<>();
    private volatile Optional<String> failure = Optional.empty();
    private volatile long acknowledged;

    Writer(String key) {
      this.key = key;
      thread = new Thread(this::write, key);
    }

    private void write() {
      try (Connection connection =
          Drivers.connect("etcd://" + endpoints + "/?requestTimeout=10s&backoffMax=100ms")) {
        while (!stopped) {
          long called = System.nanoTime();
          try {
            connection.put(Bytes.utf8(key), Bytes.utf8(Long.toString(acknowledged + 1)));
            long micros = (System.nanoTime() - called) / 1_000;
            synchronized (done) {
              done.add(new Write(called, micros));
            }
            acknowledged++;
          } catch (HoldfastException e) {
            failure = Optional.of(e.toString());
          }
          Thread.sleep(THINK_MILLIS);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
