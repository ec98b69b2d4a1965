package io.holdfast.scenarios;

import io.holdfast.driver.AsyncConnection;
import io.holdfast.driver.Bytes;
import io.holdfast.driver.Compare;
import io.holdfast.driver.Connection;
import io.holdfast.driver.Consistency;
import io.holdfast.driver.DeleteRequest;
import io.holdfast.driver.DeleteResult;
import io.holdfast.driver.Drivers;
import io.holdfast.driver.HoldfastException;
import io.holdfast.driver.KeyRange;
import io.holdfast.driver.KeyValue;
import io.holdfast.driver.OperationResult;
import io.holdfast.driver.PutRequest;
import io.holdfast.driver.PutResult;
import io.holdfast.driver.RangeRequest;
import io.holdfast.driver.RangeResult;
import io.holdfast.driver.TxnRequest;
import io.holdfast.driver.TxnResult;
import io.holdfast.history.Answer;
import io.holdfast.history.CommittedHistory;
import io.holdfast.history.KeyInterval;
import io.holdfast.history.LinearizabilityChecker;
import io.holdfast.history.Operation;
import io.holdfast.history.Request;
import io.holdfast.history.RevisionOrderChecker;
import io.holdfast.history.Version;
import io.holdfast.history.WatchChecker;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Clients that write unique values, compare, delete, and read back, each with a connection of its
 * own, and one full-history watcher at every member. Everything is recorded, and {@link #check}
 * judges it. The store must be used by nobody else.
 */
final class RecordedClients implements AutoCloseable {
  private static final int KEYS = 12;
  private static final int STEPS_MAX = 2_000_000;
  private static final int SAMPLE_MAX = 400;
  private static final int SAMPLES = 4;
  private static final long JOIN_MILLIS_MAX = 60_000;

  /** Reads beyond these are judged while they happen, and not kept. */
  private static final int READS_KEPT_MAX = 400_000;

  /** The client that all reads without waiting are recorded under. */
  private static final int NO_CLIENT = -1;

  private final List<String> endpoints;
  private final boolean failover;
  private final List<Thread> threads = new ArrayList<>();
  private final List<RecordedWatcher> watchers = new ArrayList<>();
  private final List<Operation> operations = Collections.synchronizedList(new ArrayList<>());
  private final List<Operation> steadyReads = Collections.synchronizedList(new ArrayList<>());
  private final List<String> stale = Collections.synchronizedList(new ArrayList<>());
  private final AtomicLong ids = new AtomicLong();
  private final AtomicLong reads = new AtomicLong();
  private final AtomicLong writes = new AtomicLong();
  private final AtomicLong unknown = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong newestWrite = new AtomicLong();
  private final AtomicLong newestWriteCalled = new AtomicLong();
  private volatile boolean stopped;
  private volatile String lastFailure = "none";
  private volatile long thinkMillis;

  private RecordedClients(List<String> endpoints, boolean failover) {
    this.endpoints = List.copyOf(endpoints);
    this.failover = failover;
  }

  /**
   * Clients that know one member each, so that every member serves some at all times.
   *
   * @param endpoints of all members, {@code host:port}
   */
  static RecordedClients ofOneMemberEach(List<String> endpoints) {
    return new RecordedClients(endpoints, false);
  }

  /**
   * Clients as applications are, which know all members and go on with another one.
   *
   * @param endpoints of all members, {@code host:port}
   */
  static RecordedClients ofAllMembers(List<String> endpoints) {
    return new RecordedClients(endpoints, true);
  }

  /** Lets every client wait so long after each answer, for members that are to have time left. */
  RecordedClients thinking(long millis) {
    thinkMillis = millis;
    return this;
  }

  /**
   * Lets clients work until {@link #stop}.
   *
   * @param writersPerMember clients that write and read
   * @param readersPerMember clients that only read
   */
  void start(int writersPerMember, int readersPerMember) {
    for (String endpoint : endpoints) {
      watchers.add(new RecordedWatcher(endpoint));
      for (int i = 0; i < writersPerMember + readersPerMember; i++) {
        int client = threads.size();
        boolean writes = i < writersPerMember;
        String known = failover ? String.join(",", endpoints) : endpoint;
        Thread thread = new Thread(() -> work(client, known, writes), "client-" + client);
        threads.add(thread);
        thread.start();
      }
    }
  }

  /** Linearizable reads answered so far. */
  long reads() {
    return reads.get();
  }

  /** Writes of unknown outcome so far. */
  long unknown() {
    return unknown.get();
  }

  /** Writes so far that failed and were certainly not done. */
  long refused() {
    return refused.get();
  }

  /** Writes acknowledged so far. */
  long writes() {
    return writes.get();
  }

  /** When the newest acknowledged write was called, on the clock of {@link System#nanoTime}. */
  long newestWriteCalledNanos() {
    return newestWriteCalled.get();
  }

  /** The newest failure that a client saw, in words. */
  String lastFailure() {
    return lastFailure;
  }

  private void work(int client, String endpoint, boolean writes) {
    Random random = new Random(client);
    try (Connection connection =
        Drivers.connect("etcd://" + endpoint + "/?requestTimeout=3s&backoffMax=100ms")) {
      for (long i = 0; !stopped; i++) {
        String key = keyOf(random);
        int choice = writes ? random.nextInt(10) : 9;
        String value = "c" + client + "-" + i;
        if (choice < 4) {
          put(connection, client, key, value);
        } else if (choice < 6) {
          swap(connection, client, key, value);
        } else if (choice < 7) {
          delete(connection, client, key);
        } else {
          read(connection, client, key, random.nextInt(20) == 0);
        }
        if (thinkMillis > 0) {
          Thread.sleep(thinkMillis);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One of the keys that the clients use. */
  static String keyOf(Random random) {
    return "load/" + random.nextInt(KEYS);
  }

  private void put(Connection connection, int client, String key, String value) {
    call(
        client,
        new Request.Put(key, value, 0, true),
        () -> connection.put(PutRequest.of(key, value).withPrevious()),
        result -> new Answer.Put(((PutResult) result).previous().map(RecordedClients::version)));
  }

  private void delete(Connection connection, int client, String key) {
    call(
        client,
        new Request.Delete(KeyInterval.single(key), true),
        () -> connection.delete(DeleteRequest.of(KeyRange.single(key)).withPrevious()),
        result -> {
          DeleteResult deleted = (DeleteResult) result;
          return new Answer.Delete(deleted.deleted(), versions(deleted.previous()));
        });
  }

  /** Reads a key, then replaces what it saw, if that still stands. */
  private void swap(Connection connection, int client, String key, String value) {
    Optional<String> seen = read(connection, client, key, false);
    if (seen.isEmpty()) {
      return;
    }
    Request.Range readBack = new Request.Range(KeyInterval.single(key), 0, 0, false);
    call(
        client,
        new Request.Txn(
            List.of(new Request.Compare(key, seen.get())),
            List.of(new Request.Put(key, value, 0, false)),
            List.of(readBack)),
        () ->
            connection.txn(
                TxnRequest.when(Compare.valueEquals(key, seen.get()))
                    .then(PutRequest.of(key, value))
                    .otherwise(RangeRequest.of(KeyRange.single(key)))),
        result -> {
          TxnResult txn = (TxnResult) result;
          return new Answer.Txn(
              txn.succeeded(),
              List.of(
                  txn.succeeded()
                      ? new Answer.Put(Optional.empty())
                      : range((RangeResult) txn.results().get(0))));
        });
  }

  /** What a call to the driver is. */
  private interface Call {
    OperationResult run();
  }

  private void call(
      int client, Request request, Call call, Function<OperationResult, Answer> answer) {
    long id = ids.incrementAndGet();
    long called = System.nanoTime();
    try {
      OperationResult result = call.run();
      long returned = System.nanoTime();
      operations.add(
          Operation.done(
              id, client, called, returned, request, result.revision(), answer.apply(result)));
      newestWrite.accumulateAndGet(result.revision(), Math::max);
      newestWriteCalled.accumulateAndGet(called, Math::max);
      writes.incrementAndGet();
    } catch (HoldfastException e) {
      lastFailure = e.toString();
      if (e.outcomeUnknown()) {
        unknown.incrementAndGet();
        operations.add(Operation.unknown(id, client, called, request));
      } else {
        refused.incrementAndGet();
        operations.add(Operation.refused(id, client, called, System.nanoTime(), request));
      }
    }
  }

  /**
   * @return the value, when the key has one and the store answered
   */
  private Optional<String> read(
      Connection connection, int client, String key, boolean serializable) {
    Request request = new Request.Range(KeyInterval.single(key), 0, 0, serializable);
    long id = ids.incrementAndGet();
    long floor = newestWrite.get();
    long called = System.nanoTime();
    try {
      RangeRequest range =
          RangeRequest.of(KeyRange.single(key))
              .consistency(serializable ? Consistency.SERIALIZABLE : Consistency.LINEARIZABLE);
      RangeResult result = connection.range(range);
      long returned = System.nanoTime();
      Operation read =
          Operation.done(id, client, called, returned, request, result.revision(), range(result));
      keep(read, serializable ? 0 : floor, operations);
      return result.keyValues().stream().findFirst().map(found -> found.value().asUtf8());
    } catch (HoldfastException e) {
      // A read without an answer says nothing about the state.
      lastFailure = e.toString();
      return Optional.empty();
    }
  }

  /** Reads a key, linearizable, without waiting; the answer is judged like every other. */
  CompletionStage<?> readAsync(AsyncConnection connection, String key) {
    Request request = new Request.Range(KeyInterval.single(key), 0, 0, false);
    long id = ids.incrementAndGet();
    long floor = newestWrite.get();
    long called = System.nanoTime();
    return connection
        .range(RangeRequest.of(KeyRange.single(key)))
        .thenAccept(
            result -> {
              long returned = System.nanoTime();
              keep(
                  Operation.done(
                      id, NO_CLIENT, called, returned, request, result.revision(), range(result)),
                  floor,
                  steadyReads);
            });
  }

  /**
   * Judges a read and keeps it.
   *
   * @param floor the revision that it must not be older than; 0 when it may be stale
   */
  private void keep(Operation read, long floor, List<Operation> kept) {
    if (floor > 0) {
      if (read.revision() < floor) {
        stale.add(read + " although revision " + floor + " was acknowledged before");
      }
      reads.incrementAndGet();
    }
    if (kept.size() < READS_KEPT_MAX) {
      kept.add(read);
    }
  }

  /** Ends the clients' work. */
  void stop() throws InterruptedException {
    stopped = true;
    for (Thread thread : threads) {
      thread.join(JOIN_MILLIS_MAX);
      if (thread.isAlive()) {
        throw new AssertionError(thread.getName() + " hangs");
      }
    }
  }

  /**
   * Judges everything that was seen; all members must be well.
   *
   * @return what was judged, in words
   * @throws io.holdfast.history.HistoryViolation when the store broke a promise
   */
  String check() throws InterruptedException {
    if (!stale.isEmpty()) {
      throw new AssertionError(stale.size() + " stale reads, the first: " + stale.get(0));
    }
    long last;
    try (Connection connection = Drivers.connect("etcd://" + String.join(",", endpoints) + "/")) {
      long called = System.nanoTime();
      last = connection.put("load/end", "end").revision();
      Request request = new Request.Put("load/end", "end", 0, false);
      operations.add(
          Operation.done(
              ids.incrementAndGet(),
              threads.size(),
              called,
              System.nanoTime(),
              request,
              last,
              new Answer.Put(Optional.empty())));
    }
    CommittedHistory committed = new CommittedHistory();
    for (RecordedWatcher watcher : watchers) {
      watcher.awaitRevision(last);
      watcher.tell(committed);
    }
    List<Operation> history = List.copyOf(operations);
    List<Operation> everything = new ArrayList<>(history);
    everything.addAll(List.copyOf(steadyReads));
    RevisionOrderChecker.check(everything, committed);
    for (RecordedWatcher watcher : watchers) {
      WatchChecker.check(watcher.record(), committed);
    }
    int samples = checkSamples(history);
    return String.format(
        "%d writes acknowledged, %d unknown, %d linearizable reads, none stale; %d operations and"
            + " %d watchers judged over %d revisions, %d samples searched",
        writes.get(),
        unknown.get(),
        reads.get(),
        everything.size(),
        watchers.size(),
        committed.lastRevision(),
        samples);
  }

  /**
   * Searches an order for the first operations on some keys, without looking at revisions. Requests
   * touch one key each, so each key is a history of its own.
   */
  private static int checkSamples(List<Operation> history) {
    int searched = 0;
    for (int key = 0; key < SAMPLES; key++) {
      String name = "load/" + key;
      List<Operation> ofKey =
          history.stream()
              .filter(operation -> keyOf(operation.request()).equals(name))
              .filter(operation -> !isStaleAllowed(operation.request()))
              .sorted(Comparator.comparingLong(Operation::called))
              .limit(SAMPLE_MAX)
              .toList();
      if (ofKey.isEmpty()) {
        continue;
      }
      long end = ofKey.get(ofKey.size() - 1).called();
      List<Operation> sample =
          ofKey.stream()
              .filter(operation -> operation.returned() <= end || writes(operation))
              .map(operation -> cutAt(operation, end))
              .toList();
      LinearizabilityChecker.Verdict verdict = LinearizabilityChecker.check(sample, STEPS_MAX);
      if (verdict == LinearizabilityChecker.Verdict.NOT_LINEARIZABLE) {
        throw new AssertionError("no order explains " + sample);
      }
      searched++;
    }
    return searched;
  }

  private static boolean writes(Operation operation) {
    return !(operation.request() instanceof Request.Range);
  }

  /** A write that was not over when the sample ends may have happened within it or not. */
  private static Operation cutAt(Operation operation, long end) {
    return operation.returned() > end && operation.answer().isPresent()
        ? Operation.unknown(
            operation.id(), operation.client(), operation.called(), operation.request())
        : operation;
  }

  private static boolean isStaleAllowed(Request request) {
    return request instanceof Request.Range range && range.serializable();
  }

  private static String keyOf(Request request) {
    if (request instanceof Request.Put put) {
      return put.key();
    }
    if (request instanceof Request.Delete delete) {
      return delete.keys().start();
    }
    if (request instanceof Request.Range range) {
      return range.keys().start();
    }
    if (request instanceof Request.Txn txn) {
      return txn.compares().get(0).key();
    }
    throw new IllegalArgumentException("not recorded here: " + request);
  }

  private static Answer.Range range(RangeResult result) {
    return new Answer.Range(versions(result.keyValues()), result.more(), result.count());
  }

  private static List<Version> versions(List<KeyValue> keyValues) {
    return keyValues.stream().map(RecordedClients::version).toList();
  }

  static Version version(KeyValue keyValue) {
    return new Version(
        keyValue.key().asUtf8(),
        keyValue.value().asUtf8(),
        keyValue.createRevision(),
        keyValue.modRevision(),
        keyValue.version(),
        keyValue.leaseId());
  }

  /** The whole key space, as a range of the driver. */
  static KeyRange everything() {
    return KeyRange.from(Bytes.utf8("\0"));
  }

  @Override
  public void close() {
    stopped = true;
    watchers.forEach(RecordedWatcher::close);
  }
}
