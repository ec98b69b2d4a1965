package io.holdfast.server.mvcc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.BackendOptions;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** etcd's rules for the key space, one by one. */
class MvccStoreTest {
  @TempDir Path directory;

  private Backend backend;
  private MvccStore store;

  @BeforeEach
  void open() {
    backend = Backend.open(directory.resolve("store"), BackendOptions.defaults());
    store = MvccStore.open(backend, MvccOptions.defaults());
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private void reopen(long appliedIndex) {
    backend.commit(appliedIndex, 1);
    backend.close();
    open();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private long put(String key, String value) {
    return put(key, value, 0);
  }

  private long put(String key, String value, long lease) {
    WriteTxn txn = store.beginWrite();
    txn.put(Key.of(key), bytes(value), lease);
    return txn.end();
  }

  private long delete(String key) {
    WriteTxn txn = store.beginWrite();
    txn.deleteRange(KeyRange.single(Key.of(key)));
    return txn.end();
  }

  @Test
  void countsUseAsEtcdDoes() {
    WriteTxn txn = store.beginWrite();
    txn.put(Key.of("a"), bytes("123"), 0);
    txn.put(Key.of("b"), bytes("4"), 0);
    txn.range(RangeQuery.of(KeyRange.single(Key.of("a"))));
    txn.end();
    txn = store.beginWrite();
    txn.deleteRange(KeyRange.fromKey(bytes("a")));
    txn.end();
    delete("nothing");
    get("a", 0);
    StoreTotals totals = store.totals();
    assertEquals(2, totals.puts());
    assertEquals(6, totals.putBytes());
    assertEquals(2, totals.deletes(), "one for each call, however many keys it removes");
    assertEquals(2, totals.ranges());
    assertEquals(1, totals.txns(), "what does one thing only is no transaction");
  }

  private Optional<KeyValue> get(String key, long revision) {
    RangeQuery query = RangeQuery.builder(KeyRange.single(Key.of(key))).revision(revision).build();
    return store.range(query).keyValues().stream().findFirst();
  }

  private void removeCompacted() {
    int steps = 0;
    while (store.compactStep(2)) {
      assertTrue(++steps < 100_000, "compaction does not end");
    }
    assertFalse(store.isCompacting());
  }

  private static void assertError(EtcdError expected, Executable action) {
    assertEquals(expected, assertThrows(StoreException.class, action).error());
  }

  @Test
  void aFreshStoreHasRevisionOneAndWasNeverCompacted() {
    assertEquals(1, store.currentRevision());
    assertEquals(-1, store.compactRevision());
    assertEquals(0, store.keyCount());
    RangeResult nothing = store.range(RangeQuery.of(KeyRange.all()));
    assertEquals(new RangeResult(List.of(), false, 0, 1), nothing);
  }

  @Test
  void aKeysLivesAreCounted() {
    assertEquals(2, put("k", "1"));
    assertEquals(3, put("k", "2", 77));
    assertEquals(4, delete("k"));
    assertEquals(5, put("k", "3"));
    assertEquals(new KeyValue(bytes("k"), 2, 2, 1, bytes("1"), 0), get("k", 2).orElseThrow());
    assertEquals(new KeyValue(bytes("k"), 2, 3, 2, bytes("2"), 77), get("k", 3).orElseThrow());
    assertTrue(get("k", 4).isEmpty());
    assertEquals(new KeyValue(bytes("k"), 5, 5, 1, bytes("3"), 0), get("k", 0).orElseThrow());
    assertTrue(get("k", 1).isEmpty());
    assertError(EtcdError.FUTURE_REVISION, () -> get("k", 6));
    reopen(1);
    assertEquals(5, store.currentRevision());
    assertEquals(new KeyValue(bytes("k"), 2, 3, 2, bytes("2"), 77), get("k", 3).orElseThrow());
    assertEquals(1, store.keyCount());
  }

  @Test
  void deletingNothingDoesNotRaiseTheRevision() {
    assertEquals(1, delete("k"));
    put("k", "1");
    assertEquals(3, delete("k"));
    assertEquals(3, delete("k"));
    assertEquals(3, store.currentRevision());
  }

  @Test
  void oneTransactionIsOneRevisionAndSeesItself() {
    put("a", "0");
    List<CommittedRevision> told = new ArrayList<>();
    store.addCommitListener(told::add);
    WriteTxn txn = store.beginWrite();
    assertEquals(2, txn.revision());
    txn.put(Key.of("b"), bytes("1"), 0);
    assertEquals(3, txn.revision());
    txn.put(Key.of("c"), bytes("2"), 0);
    assertEquals(
        1, txn.range(RangeQuery.of(KeyRange.single(Key.of("a")))).keyValues().get(0).version());
    assertEquals(1, txn.deleteRange(KeyRange.single(Key.of("a"))));
    RangeResult inside = txn.range(RangeQuery.of(KeyRange.all()));
    assertEquals(2, inside.count());
    assertEquals(3, inside.currentRevision());
    assertEquals(
        1, store.range(RangeQuery.of(KeyRange.all())).count(), "readers see it at the end");
    assertEquals(List.of(), told);
    assertEquals(3, txn.end());
    assertEquals(2, store.range(RangeQuery.of(KeyRange.all())).count());
    assertEquals(1, told.size());
    assertEquals(
        List.of(EventType.PUT, EventType.PUT, EventType.DELETE),
        told.get(0).events().stream().map(Event::type).toList());
    assertThrows(IllegalStateException.class, txn::end);
    store.beginWrite();
    assertThrows(IllegalStateException.class, store::beginWrite);
  }

  @Test
  void limitComesAfterFilterAndSortAndCountIgnoresBoth() {
    for (int i = 0; i < 5; i++) {
      put("k" + i, "v" + (9 - i));
    }
    RangeResult limited =
        store.range(
            RangeQuery.builder(KeyRange.prefix("k"))
                .sort(SortTarget.VALUE, SortOrder.NONE)
                .minModRevision(3)
                .limit(2)
                .build());
    assertEquals(
        List.of("k4", "k3"),
        limited.keyValues().stream().map(kv -> Key.of(kv.key()).toString()).toList());
    assertTrue(limited.more());
    assertEquals(5, limited.count());
    RangeResult all =
        store.range(
            RangeQuery.builder(KeyRange.prefix("k"))
                .sort(SortTarget.MOD, SortOrder.DESCEND)
                .limit(5)
                .build());
    assertFalse(all.more());
    assertEquals(6, all.keyValues().get(0).modRevision());
  }

  @Test
  void keysOnlyLeavesOutValueAndLease() {
    put("k", "v", 5);
    RangeQuery.Builder query = RangeQuery.builder(KeyRange.all()).keysOnly(true);
    KeyValue byKey = store.range(query.build()).keyValues().get(0);
    assertEquals(new KeyValue(bytes("k"), 2, 2, 1, new byte[0], 0), byKey);
    KeyValue byValue =
        store.range(query.sort(SortTarget.VALUE, SortOrder.ASCEND).build()).keyValues().get(0);
    assertEquals(5, byValue.leaseId());
    assertEquals(0, byValue.value().length);
  }

  @Test
  void compactionIsValidated() {
    put("k", "1");
    put("k", "2");
    assertError(EtcdError.FUTURE_REVISION, () -> store.compact(4));
    assertError(EtcdError.COMPACTED, () -> store.compact(-1));
    store.compact(3);
    assertEquals(3, store.compactRevision());
    assertError(EtcdError.COMPACTED, () -> store.compact(3));
    assertError(EtcdError.COMPACTED, () -> get("k", 2));
    assertEquals("2", new String(get("k", 3).orElseThrow().value(), StandardCharsets.UTF_8));
    assertError(EtcdError.COMPACTED, () -> store.readEvents(2, 3, KeyRange.all(), 1000));
    assertEquals(1, store.readEvents(3, 3, KeyRange.all(), 1000).revisions().size());
    assertError(EtcdError.COMPACTED, () -> store.hashKv(2));
    assertError(EtcdError.FUTURE_REVISION, () -> store.hashKv(4));
  }

  @Test
  void compactionRemovesWhatCanNoLongerBeRead() {
    put("a", "1");
    put("a", "2");
    put("b", "1");
    delete("b");
    put("c", "1");
    delete("c");
    put("a", "3");
    assertEquals(7, backend.revisions().size());
    store.compact(5);
    removeCompacted();
    // Left: a at 3, the tombstone of b at the compact revision itself, c at 6 and 7, a at 8.
    assertEquals(5, backend.revisions().size());
    assertEquals(
        EventType.DELETE,
        store.readEvents(5, 5, KeyRange.all(), 100).revisions().get(0).events().get(0).type());
    store.compact(8);
    removeCompacted();
    assertEquals(1, backend.revisions().size());
    assertEquals(1, store.keyCount());
    reopen(1);
    assertEquals(8, store.currentRevision());
    assertEquals(8, store.compactRevision());
    assertFalse(store.isCompacting());
  }

  @Test
  void theRevisionDoesNotFallWhenEverythingWasDeleted() {
    put("a", "1");
    delete("a");
    put("b", "1");
    delete("b");
    store.compact(5);
    removeCompacted();
    reopen(1);
    assertEquals(5, store.currentRevision());
    assertEquals(6, put("a", "again"));
  }

  @Test
  void anInterruptedCompactionIsResumed() {
    for (int i = 0; i < 100; i++) {
      put("k" + i % 10, "v" + i);
    }
    store.compact(101);
    assertTrue(store.compactStep(7));
    int before = store.hashKv(0).hash();
    reopen(1);
    assertTrue(store.isCompacting());
    assertEquals(before, store.hashKv(0).hash());
    removeCompacted();
    assertEquals(before, store.hashKv(0).hash());
    assertEquals(10, backend.revisions().size());
    reopen(2);
    assertFalse(store.isCompacting());
  }

  @Test
  void theHashDoesNotDependOnTheProgressOfACompaction() {
    for (int i = 0; i < 200; i++) {
      if (i % 7 == 3) {
        delete("k" + i % 20);
      } else {
        put("k" + i % 20, "v" + i);
      }
    }
    long middle = store.currentRevision() / 2;
    store.compact(middle);
    HashKv first = store.hashKv(0);
    HashKv old = store.hashKv(middle + 3);
    while (store.compactStep(1)) {
      assertEquals(first, store.hashKv(0));
      assertEquals(old, store.hashKv(middle + 3));
    }
    assertEquals(first, store.hashKv(store.currentRevision()));
    assertNotEquals(first.hash(), old.hash());
    int before = first.hash();
    put("k1", "other");
    assertNotEquals(before, store.hashKv(0).hash());
  }

  @Test
  void eventsKnowWhatWasBefore() {
    put("a", "1");
    List<Event> told = new ArrayList<>();
    store.addCommitListener(committed -> told.addAll(committed.events()));
    put("a", "2");
    delete("a");
    put("a", "3");
    assertArrayEquals(bytes("1"), told.get(0).previous().orElseThrow().value());
    assertFalse(told.get(0).isCreate());
    assertArrayEquals(bytes("2"), told.get(1).previous().orElseThrow().value());
    assertTrue(told.get(2).previous().isEmpty());
    assertTrue(told.get(2).isCreate());
    List<Event> read = new ArrayList<>();
    store
        .readEvents(2, 5, KeyRange.all(), 1 << 20)
        .revisions()
        .forEach(committed -> read.addAll(committed.events()));
    assertEquals(4, read.size());
    assertTrue(read.get(0).previous().isEmpty());
    assertArrayEquals(bytes("2"), read.get(2).previous().orElseThrow().value());
    store.compact(5);
    removeCompacted();
    assertTrue(read.get(2).previous().isEmpty(), "compacted since");
  }

  @Test
  void historyIsReadInBoundedBatchesOfWholeRevisions() {
    for (int i = 0; i < 10; i++) {
      WriteTxn txn = store.beginWrite();
      txn.put(Key.of("x"), new byte[100], 0);
      txn.put(Key.of("y"), new byte[100], 0);
      txn.end();
    }
    EventBatch batch = store.readEvents(2, 100, KeyRange.all(), 150);
    assertEquals(1, batch.revisions().size());
    assertEquals(2, batch.revisions().get(0).events().size());
    assertEquals(3, batch.nextRevision());
    EventBatch rest = store.readEvents(3, 100, KeyRange.single(Key.of("y")), 1 << 20);
    assertEquals(9, rest.revisions().size());
    assertEquals(12, rest.nextRevision());
    assertEquals(12, store.readEvents(12, 100, KeyRange.all(), 100).nextRevision());
  }

  @Test
  void leasedKeysAreFoundAgain() {
    put("a", "1", 7);
    put("b", "1", 8);
    put("c", "1");
    put("d", "1", 7);
    delete("d");
    put("b", "2");
    reopen(1);
    List<String> found = new ArrayList<>();
    store.forEachLeasedKey((key, lease) -> found.add(key + "@" + lease));
    assertEquals(List.of("a@7"), found);
  }

  @Test
  void theValueCacheStaysWithinItsBytes() {
    backend.close();
    backend = Backend.open(directory.resolve("small"), BackendOptions.defaults());
    store = MvccStore.open(backend, new MvccOptions(10_000));
    for (int i = 0; i < 2_000; i++) {
      put("k" + i % 500, "value " + i);
      assertTrue(store.cachedValueBytes() <= 10_000);
    }
    for (int i = 0; i < 500; i++) {
      String found = new String(get("k" + i, 0).orElseThrow().value(), StandardCharsets.UTF_8);
      assertEquals("value " + (1_500 + i), found);
      assertTrue(store.cachedValueBytes() <= 10_000);
    }
    for (int i = 0; i < 500; i++) {
      delete("k" + i);
    }
    assertEquals(0, store.cachedValueBytes());
  }
}
