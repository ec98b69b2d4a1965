package io.holdfast.scenarios;

import io.holdfast.driver.Bytes;
import io.holdfast.driver.Connection;
import io.holdfast.driver.Drivers;
import io.holdfast.driver.HoldfastException;
import io.holdfast.driver.KeyRange;
import io.holdfast.driver.KeyValue;
import io.holdfast.driver.PutResult;
import io.holdfast.driver.RangeRequest;
import io.holdfast.driver.RangeResult;
import io.holdfast.scenarios.History.Kind;
import io.holdfast.scenarios.History.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Clients that write unique values and read them back, each with a connection of its own, and
 * record what they saw.
 */
final class RecordedLoad implements AutoCloseable {
  private static final int KEYS = 20;
  private static final int READS_IN_TEN = 3;

  private final String url;
  private final History history;
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicLong acknowledged = new AtomicLong();
  private final AtomicLong newestAcknowledgedCall = new AtomicLong();
  private final AtomicLong unknown = new AtomicLong();
  private volatile boolean stopped;
  private volatile String lastFailure = "none";

  RecordedLoad(String endpoints, History history) {
    this.url = "etcd://" + endpoints + "/?requestTimeout=4s";
    this.history = history;
  }

  void start(int clients) {
    for (int i = 0; i < clients; i++) {
      int client = i;
      Thread thread = new Thread(() -> work(client), "client-" + i);
      threads.add(thread);
      thread.start();
    }
  }

  long acknowledged() {
    return acknowledged.get();
  }

  /** The newest failure of a write, in words. */
  String lastFailure() {
    return lastFailure;
  }

  long unknown() {
    return unknown.get();
  }

  /** When the newest acknowledged write was called, on the clock of {@link System#nanoTime}. */
  long newestAcknowledgedCall() {
    return newestAcknowledgedCall.get();
  }

  private void work(int client) {
    Random random = new Random(client);
    try (Connection connection = Drivers.connect(url)) {
      for (long i = 0; !stopped; i++) {
        String key = "load/" + random.nextInt(KEYS);
        if (random.nextInt(10) < READS_IN_TEN) {
          read(connection, key);
        } else {
          put(connection, key, "c" + client + "-" + i);
        }
      }
    }
  }

  private void put(Connection connection, String key, String value) {
    long call = System.nanoTime();
    long revision = 0;
    try {
      PutResult result = connection.put(key, value);
      revision = result.revision();
      acknowledged.incrementAndGet();
      newestAcknowledgedCall.accumulateAndGet(call, Math::max);
    } catch (HoldfastException e) {
      lastFailure = e.toString();
      if (!e.outcomeUnknown()) {
        return;
      }
      unknown.incrementAndGet();
    }
    history.add(
        new Operation(Kind.PUT, key, Optional.of(value), revision, 0, call, System.nanoTime()));
  }

  private void read(Connection connection, String key) {
    long call = System.nanoTime();
    try {
      RangeResult result = connection.range(RangeRequest.of(KeyRange.single(Bytes.utf8(key))));
      Optional<KeyValue> found = result.keyValues().stream().findFirst();
      history.add(
          new Operation(
              Kind.READ,
              key,
              found.map(keyValue -> keyValue.value().asUtf8()),
              result.revision(),
              found.map(KeyValue::modRevision).orElse(0L),
              call,
              System.nanoTime()));
    } catch (HoldfastException e) {
      // A read without an answer says nothing about the state.
      return;
    }
  }

  /** Reads every key once, after the load, so that the last writes are seen too. */
  void readEverything() {
    try (Connection connection = Drivers.connect(url)) {
      for (int i = 0; i < KEYS; i++) {
        read(connection, "load/" + i);
      }
    }
  }

  void stop() throws InterruptedException {
    stopped = true;
    for (Thread thread : threads) {
      thread.join(30_000);
      if (thread.isAlive()) {
        throw new AssertionError(thread.getName() + " hangs");
      }
    }
  }

  @Override
  public void close() {
    stopped = true;
  }
}
