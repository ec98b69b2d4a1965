package io.holdfast.scenarios;

import io.holdfast.driver.Bytes;
import io.holdfast.driver.Connection;
import io.holdfast.driver.Drivers;
import io.holdfast.driver.HoldfastException;
import io.holdfast.driver.KeyRange;
import io.holdfast.driver.KeyValue;
import io.holdfast.driver.Operation;
import io.holdfast.driver.PutRequest;
import io.holdfast.driver.RangeResult;
import io.holdfast.driver.TxnRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writers that count, one request at a time, each on keys of its own: the n-th write of a writer
 * writes the number n. Whatever happens to the store, afterwards
 *
 * <ul>
 *   <li>every number is at least the last one acknowledged and at most the last one attempted:
 *       nothing acknowledged is lost, nothing is made up;
 *   <li>every number is its key's version: each write was executed once, so the applied index was
 *       neither ahead of the data nor behind it;
 *   <li>keys written by one transaction agree: no half of it;
 *   <li>the store's revision is the number of writes: no revision was skipped or used twice.
 * </ul>
 *
 * <p>The store must be used by nobody else. Runs in rounds: {@link #start}, the fault, {@link
 * #stop}, and {@link #verify} once the store is back; then the next round counts on.
 */
final class CountingLoad {
  /** For members that live for seconds: compiling much would not pay. */
  static final Map<String, String> QUICK_START =
      Map.of("HOLDFAST_OPTS", "-Xmx256m -XX:TieredStopAtLevel=1");

  private static final String PREFIX = "count/";
  private static final int WRITERS = 6;
  private static final long JOIN_MILLIS_MAX = 30_000;
  private static final int PADDING_MAX = 1_500;
  private static final long KEPT_REVISIONS = 40;

  private final String endpoints;
  private final Writer[] writers = new Writer[WRITERS];
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicLong acknowledgements = new AtomicLong();
  private Connection connection;
  private volatile boolean stopped;
  private volatile long newestRevision;

  CountingLoad(String endpoints) {
    this.endpoints = endpoints;
    for (int i = 0; i < WRITERS; i++) {
      writers[i] = new Writer(i);
    }
  }

  /** Writes acknowledged so far, in all rounds. */
  long acknowledgements() {
    return acknowledgements.get();
  }

  /** Lets the writers write until they are stopped or see a failure. */
  void start() {
    stopped = false;
    connection = Drivers.connect("etcd://" + endpoints + "/?requestTimeout=10s");
    for (Writer writer : writers) {
      spawn(writer::write);
    }
    spawn(this::compact);
  }

  private void spawn(Runnable task) {
    Thread thread = new Thread(task, "counting-" + threads.size());
    threads.add(thread);
    thread.start();
  }

  /** Ends the round; what was not answered by now has an unknown outcome. */
  void stop() throws InterruptedException {
    stopped = true;
    connection.close();
    for (Thread thread : threads) {
      thread.join(JOIN_MILLIS_MAX);
      if (thread.isAlive()) {
        throw new AssertionError(thread.getName() + " hangs");
      }
    }
    threads.clear();
  }

  /**
   * Compares the store with what was acknowledged.
   *
   * @return every difference, in words
   */
  List<String> verify() {
    List<String> differences = new ArrayList<>();
    try (Connection fresh = Drivers.connect("etcd://" + endpoints + "/?requestTimeout=10s")) {
      RangeResult all = fresh.range(KeyRange.prefix(PREFIX));
      Map<String, KeyValue> found = new HashMap<>();
      all.keyValues().forEach(each -> found.put(each.key().asUtf8(), each));
      long writes = 0;
      for (Writer writer : writers) {
        writes += writer.verify(found, differences);
      }
      if (all.revision() != writes + 1) {
        differences.add("revision " + all.revision() + " after " + writes + " writes");
      }
    }
    return differences;
  }

  /** Removes history all the time, so that faults hit compactions too. */
  private void compact() {
    try {
      while (!stopped) {
        Thread.sleep(50);
        if (newestRevision > KEPT_REVISIONS) {
          connection.compact(newestRevision - KEPT_REVISIONS);
        }
      }
    } catch (HoldfastException e) {
      // Refused as already compacted after a restart, or the fault: it changes no key.
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static long numberIn(KeyValue keyValue) {
    String text = keyValue.value().asUtf8();
    return Long.parseLong(text.substring(0, text.indexOf(':')));
  }

  /** One writer, with one key or, if its number is odd, with two that it writes together. */
  private final class Writer {
    private final int number;
    private final List<String> keys = new ArrayList<>();
    private volatile long acknowledged;
    private volatile long attempted;

    Writer(int number) {
      this.number = number;
      keys.add(PREFIX + number + "/a");
      if (number % 2 == 1) {
        keys.add(PREFIX + number + "/b");
      }
    }

    void write() {
      try {
        while (!stopped) {
          long next = acknowledged + 1;
          attempted = next;
          newestRevision = Math.max(newestRevision, send(next));
          acknowledged = next;
          acknowledgements.incrementAndGet();
        }
      } catch (HoldfastException e) {
        // The fault: the round is over for this writer, and verify() finds out what happened.
        return;
      }
    }

    private long send(long next) {
      Bytes value =
          Bytes.utf8(next + ":" + "x".repeat((int) ((next * 37 + number * 101) % PADDING_MAX)));
      if (keys.size() == 1) {
        return connection.put(Bytes.utf8(keys.get(0)), value).revision();
      }
      Operation[] puts =
          keys.stream().map(key -> PutRequest.of(Bytes.utf8(key), value)).toArray(Operation[]::new);
      return connection.txn(TxnRequest.of(puts)).revision();
    }

    /**
     * @return how many writes of this writer the store has executed
     */
    long verify(Map<String, KeyValue> found, List<String> differences) {
      long executed = -1;
      for (String key : keys) {
        KeyValue keyValue = found.get(key);
        long value = keyValue == null ? 0 : numberIn(keyValue);
        long version = keyValue == null ? 0 : keyValue.version();
        if (value < acknowledged) {
          differences.add("lost: " + key + " has " + value + ", acknowledged is " + acknowledged);
        }
        if (value > attempted) {
          differences.add("made up: " + key + " has " + value + ", attempted is " + attempted);
        }
        if (version != value) {
          differences.add("not once each: " + key + " has " + value + " in version " + version);
        }
        if (executed >= 0 && executed != value) {
          differences.add("half a transaction: " + keys + " have " + executed + " and " + value);
        }
        executed = value;
      }
      acknowledged = executed;
      attempted = executed;
      return executed;
    }
  }
}
