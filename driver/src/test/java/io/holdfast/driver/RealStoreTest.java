package io.holdfast.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.driver.testing.RecordingListener;
import io.holdfast.driver.testing.StoreProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every request, against a real member. */
class RealStoreTest {
  private static StoreProcess store;
  private Connection connection;

  @BeforeAll
  static void startStore() {
    store = StoreProcess.start();
  }

  @AfterAll
  static void stopStore() {
    if (store != null) {
      store.close();
    }
  }

  @BeforeEach
  void connect() {
    connection = Drivers.connect(store.url());
    connection.delete(DeleteRequest.of(KeyRange.all()));
  }

  @AfterEach
  void disconnect() {
    connection.close();
  }

  @Test
  void putGetDelete() {
    assertEquals(Optional.empty(), connection.get("a"));
    long first = connection.put("a", "1").revision();
    PutResult second = connection.put(PutRequest.of("a", "2").withPrevious());
    assertEquals(first + 1, second.revision());
    assertEquals("1", second.previous().orElseThrow().value().asUtf8());
    KeyValue found = connection.get("a").orElseThrow();
    assertEquals(new KeyValue(Bytes.utf8("a"), Bytes.utf8("2"), first, first + 1, 2, 0), found);
    DeleteResult deleted = connection.delete(DeleteRequest.of(KeyRange.single("a")).withPrevious());
    assertEquals(1, deleted.deleted());
    assertEquals(List.of(found), deleted.previous());
    assertEquals(0, connection.delete("a").deleted());
  }

  @Test
  void keepsValueOrLease() {
    connection.put("a", "1");
    connection.put(PutRequest.of("a", "ignored").keepingValue());
    assertEquals("1", connection.get("a").orElseThrow().value().asUtf8());
    HoldfastException missing =
        assertThrows(
            HoldfastException.class,
            () -> connection.put(PutRequest.of("missing", "").keepingValue()));
    assertEquals("22023", missing.state());
    assertEquals("INVALID_ARGUMENT", missing.status());
    assertEquals(List.of(store.endpoint()), missing.endpoints());
    assertFalse(missing.outcomeUnknown());
  }

  @Test
  void rangeOptions() {
    for (String key : List.of("a", "b", "c", "d")) {
      connection.put(key, "v" + key);
    }
    connection.put("b", "changed");
    assertEquals(List.of("a", "b", "c", "d"), keys(connection.range(KeyRange.all())));
    RangeResult limited = connection.range(RangeRequest.of(KeyRange.all()).limit(2));
    assertEquals(List.of("a", "b"), keys(limited));
    assertTrue(limited.more());
    assertEquals(4, limited.count());
    assertEquals(List.of("b", "c"), keys(connection.range(KeyRange.of("b", "d"))));
    assertEquals(List.of("c", "d"), keys(connection.range(KeyRange.from("c"))));
    RangeRequest newest =
        RangeRequest.of(KeyRange.all())
            .sortBy(RangeRequest.SortTarget.MOD_REVISION, RangeRequest.SortOrder.DESCENDING)
            .keysOnly();
    RangeResult sorted = connection.range(newest);
    assertEquals(List.of("b", "d", "c", "a"), keys(sorted));
    assertTrue(sorted.keyValues().get(0).value().isEmpty());
    RangeResult counted = connection.range(RangeRequest.of(KeyRange.all()).countOnly());
    assertEquals(4, counted.count());
    assertEquals(List.of(), counted.keyValues());
    long before = connection.get("d").orElseThrow().modRevision();
    RangeResult old = connection.range(RangeRequest.of(KeyRange.single("b")).atRevision(before));
    assertEquals("vb", old.keyValues().get(0).value().asUtf8());
    RangeRequest stale = RangeRequest.of(KeyRange.all()).consistency(Consistency.SERIALIZABLE);
    assertEquals(4, connection.range(stale).count());
    RangeRequest recent = RangeRequest.of(KeyRange.all()).modRevisionBetween(before + 1, 0);
    assertEquals(List.of("b"), keys(connection.range(recent)));
  }

  @Test
  void streamsPagesOfOneRevision() {
    try (Connection paged = Drivers.connect(store.url() + "?pageSize=7")) {
      for (int index = 0; index < 50; index++) {
        paged.put(String.format("k%02d", index), "old");
      }
      List<String> seen = new ArrayList<>();
      try (Stream<KeyValue> stream = paged.stream(RangeRequest.of(KeyRange.prefix("k")))) {
        stream.forEach(
            keyValue -> {
              // Neither changes nor new keys may show up in later pages.
              paged.put("k49", "new");
              paged.put("k490", "new");
              seen.add(keyValue.key() + "=" + keyValue.value());
            });
      }
      assertEquals(50, seen.size());
      assertEquals("k00=old", seen.get(0));
      assertEquals("k49=old", seen.get(49));
      assertEquals(20, paged.stream(RangeRequest.of(KeyRange.prefix("k")).limit(20)).count());
    }
  }

  @Test
  void asyncPagesReachEveryKey() throws Exception {
    try (Connection paged = Drivers.connect(store.url() + "?pageSize=3")) {
      long revision = 0;
      for (int index = 0; index < 10; index++) {
        revision = paged.put("k" + index, "v").revision();
      }
      List<String> seen = new ArrayList<>();
      CompletableFuture<Long> done =
          paged
              .async()
              .forEachPage(
                  RangeRequest.of(KeyRange.prefix("k")),
                  page -> page.forEach(keyValue -> seen.add(keyValue.key().asUtf8())))
              .toCompletableFuture();
      assertEquals(revision, done.get(30, TimeUnit.SECONDS));
      assertEquals(10, seen.size());
    }
  }

  @Test
  void transactionsCompareAndBranch() {
    Bytes key = Bytes.utf8("a");
    TxnRequest create =
        TxnRequest.when(Compare.missing(key))
            .then(PutRequest.of("a", "1"), RangeRequest.of(KeyRange.single(key)))
            .otherwise(RangeRequest.of(KeyRange.single(key)), DeleteRequest.of(KeyRange.all()));
    TxnResult created = connection.txn(create);
    assertTrue(created.succeeded());
    assertEquals(2, created.results().size());
    RangeResult inside = (RangeResult) created.results().get(1);
    assertEquals("1", inside.keyValues().get(0).value().asUtf8());
    TxnResult again = connection.txn(create);
    assertFalse(again.succeeded());
    assertEquals(1, ((DeleteResult) again.results().get(1)).deleted());
    assertEquals(created.revision() + 1, again.revision());
    TxnResult nested =
        connection.txn(
            TxnRequest.of(
                TxnRequest.when(Compare.valueEquals("a", "1"))
                    .otherwise(PutRequest.of("b", "nested"))));
    assertFalse(((TxnResult) nested.results().get(0)).succeeded());
    assertEquals("nested", connection.get("b").orElseThrow().value().asUtf8());
  }

  @Test
  void concurrentTransactionsLoseNoIncrement() throws Exception {
    connection.put("counter", "0");
    ExecutorService pool = Executors.newFixedThreadPool(4);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        all.add(
            pool.submit(
                () -> {
                  for (int round = 0; round < 10; round++) {
                    connection.inTransaction(
                        tx -> {
                          int now =
                              Integer.parseInt(tx.get("counter").orElseThrow().value().asUtf8());
                          tx.put("counter", Integer.toString(now + 1));
                          return now;
                        });
                  }
                }));
      }
      for (Future<?> one : all) {
        one.get(60, TimeUnit.SECONDS);
      }
    } finally {
      pool.shutdownNow();
    }
    assertEquals("40", connection.get("counter").orElseThrow().value().asUtf8());
  }

  @Test
  void transactionsSeeTheirOwnWritesAndGuardRanges() {
    connection.put("r/a", "1");
    connection.put("r/b", "2");
    int[] runs = {0};
    List<String> seen =
        connection.inTransaction(
            tx -> {
              runs[0]++;
              tx.delete("r/a");
              tx.put("r/c", "3");
              List<String> view =
                  tx.range(KeyRange.prefix("r/")).stream()
                      .map(keyValue -> keyValue.key().asUtf8())
                      .toList();
              if (runs[0] == 1) {
                // Somebody else deletes a key of the range that was read.
                connection.delete("r/b");
              } else if (runs[0] == 2) {
                // Somebody else adds one.
                connection.put("r/z", "9");
              }
              return view;
            });
    assertEquals(3, runs[0]);
    assertEquals(List.of("r/c", "r/z"), seen);
    assertEquals(List.of("r/c", "r/z"), keys(connection.range(KeyRange.prefix("r/"))));
  }

  @Test
  void hopelessTransactionsEnd() {
    connection.put("a", "0");
    try (Connection impatient = Drivers.connect(store.url() + "?transactionAttempts=3")) {
      int[] runs = {0};
      HoldfastException conflict =
          assertThrows(
              HoldfastException.class,
              () ->
                  impatient.inTransaction(
                      tx -> {
                        tx.get("a");
                        connection.put("a", "again" + runs[0]++);
                        tx.put("b", "never");
                        return null;
                      }));
      assertEquals("40001", conflict.state());
      assertEquals(3, runs[0]);
      assertEquals(Optional.empty(), connection.get("b"));
    }
  }

  @Test
  void namespacesKeepKeysApart() {
    Properties properties = new Properties();
    // The URL wins.
    properties.setProperty("namespace", "elsewhere");
    try (Connection team = Drivers.connect(store.url() + "/team", properties)) {
      team.put("a", "1");
      connection.put("team0", "outside");
      connection.put("tea", "outside");
      assertEquals("1", connection.get("team/a").orElseThrow().value().asUtf8());
      assertEquals("a", team.get("a").orElseThrow().key().asUtf8());
      assertEquals(List.of("a"), keys(team.range(KeyRange.all())));
      assertEquals(List.of("a"), keys(team.range(KeyRange.from("a"))));
      TxnResult txn =
          team.txn(
              TxnRequest.when(Compare.exists(Bytes.utf8("a")))
                  .then(PutRequest.of("a", "2").withPrevious(), PutRequest.of("b", "2")));
      PutResult put = (PutResult) txn.results().get(0);
      assertEquals("a", put.previous().orElseThrow().key().asUtf8());
      assertEquals(2, team.delete(DeleteRequest.of(KeyRange.all())).deleted());
    }
    assertEquals(List.of("tea", "team0"), keys(connection.range(KeyRange.all())));
  }

  @Test
  void compactedAndFutureRevisionsHaveStatesOfTheirOwn() {
    long first = connection.put("a", "1").revision();
    long second = connection.put("a", "2").revision();
    connection.compact(second);
    HoldfastException compacted =
        assertThrows(
            HoldfastException.class,
            () -> connection.range(RangeRequest.of(KeyRange.all()).atRevision(first)));
    assertEquals(ErrorState.COMPACTED, compacted.errorState());
    assertEquals("OUT_OF_RANGE", compacted.status());
    HoldfastException future =
        assertThrows(
            HoldfastException.class,
            () -> connection.range(RangeRequest.of(KeyRange.all()).atRevision(second + 1000)));
    assertEquals(ErrorState.FUTURE_REVISION, future.errorState());
    HoldfastException again =
        assertThrows(HoldfastException.class, () -> connection.compact(second));
    assertEquals(ErrorState.COMPACTED, again.errorState());
  }

  @Test
  void aClosedConnectionSaysSo() {
    connection.close();
    HoldfastException closed = assertThrows(HoldfastException.class, () -> connection.get("a"));
    assertEquals("08003", closed.state());
    assertThrows(
        HoldfastException.class,
        () -> connection.watch(WatchRequest.of(KeyRange.all()), new RecordingListener()));
  }

  private static List<String> keys(RangeResult result) {
    return result.keyValues().stream().map(keyValue -> keyValue.key().asUtf8()).toList();
  }
}
