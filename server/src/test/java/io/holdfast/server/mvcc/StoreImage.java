package io.holdfast.server.mvcc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.server.backend.Backend;
import java.util.ArrayList;
import java.util.List;

/**
 * Everything that a store answers, to be compared with another's. What can be told without opening
 * packed leaves is asked first, and again when all are open.
 *
 * @param told counts at every readable revision, and what is known without looking at keys
 * @param toldAgain the same once every key was read
 * @param keyValues of every readable revision
 */
record StoreImage(
    List<String> told, List<String> toldAgain, List<List<KeyValue>> keyValues, HashKv hash) {
  static StoreImage of(MvccStore store, Backend backend) {
    List<String> first = told(store, backend);
    List<List<KeyValue>> states = new ArrayList<>();
    for (long at = firstReadable(store); at <= store.currentRevision(); at++) {
      states.add(store.range(RangeQuery.builder(KeyRange.all()).revision(at).build()).keyValues());
    }
    return new StoreImage(first, told(store, backend), states, store.hashKv(0));
  }

  private static long firstReadable(MvccStore store) {
    return Math.max(1, store.compactRevision());
  }

  private static List<String> told(MvccStore store, Backend backend) {
    List<String> told = new ArrayList<>();
    told.add("revision " + store.currentRevision() + ", compacted " + store.compactRevision());
    told.add("keys " + store.keyCount() + ", bytes " + backend.logicalBytes());
    store.forEachLeasedKey((key, lease) -> told.add(key + " has lease " + lease));
    for (long at = firstReadable(store); at <= store.currentRevision(); at++) {
      told.add(
          at
              + ": "
              + store
                  .range(RangeQuery.builder(KeyRange.all()).revision(at).countOnly(true).build())
                  .count());
    }
    return told;
  }

  static void assertSame(StoreImage expected, StoreImage found) {
    assertEquals(expected.told, expected.toldAgain);
    assertEquals(expected.told, found.told);
    assertEquals(expected.told, found.toldAgain);
    assertEquals(expected.keyValues, found.keyValues);
    assertEquals(expected.hash, found.hash);
  }
}
