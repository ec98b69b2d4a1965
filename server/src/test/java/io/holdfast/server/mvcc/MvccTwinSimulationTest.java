package io.holdfast.server.mvcc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.BackendOptions;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random transactions, questions, compactions and restarts against the {@link NaiveStore}: every
 * answer, error and event must be the same.
 */
class MvccTwinSimulationTest {
  private static final int STEPS = 1_200;
  private static final String[] KEYS = {
    "a", "a\0", "aa", "ab", "b", "b/1", "b/2", "b/\u00ff", "c", "\u00ff", "z", "z/z"
  };

  @TempDir Path directory;

  private Random random;
  private NaiveStore twin;
  private Backend backend;
  private MvccStore store;
  private List<CommittedRevision> told;
  private long valueCacheBytesMax;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void answersAsItsTwin(long seed) {
    try {
      simulate(seed);
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("seed " + seed, e);
    } finally {
      backend.close();
    }
  }

  private void simulate(long seed) {
    random = new Random(seed);
    twin = new NaiveStore();
    valueCacheBytesMax = List.of(0L, 200L, 1L << 20).get(random.nextInt(3));
    open();
    for (int step = 0; step < STEPS; step++) {
      int kind = random.nextInt(100);
      if (kind < 45) {
        transaction();
      } else if (kind < 85) {
        compare(() -> store.range(query), () -> twin.range(query), query = randomQuery());
      } else if (kind < 90) {
        compareEvents();
      } else if (kind < 93) {
        compact();
      } else if (kind < 95) {
        store.compactStep(1 + random.nextInt(3));
      } else if (kind < 97) {
        store.checkpointStep();
      } else if (kind < 98) {
        store.hashKv(0);
      } else {
        reopen(step + 1L);
      }
      assertEquals(twin.current(), store.currentRevision());
      assertEquals(twin.compacted(), store.compactRevision());
    }
    assertEquals(
        twin.range(RangeQuery.of(KeyRange.all())).count(), store.keyCount(), "living keys");
  }

  private RangeQuery query;

  private void open() {
    backend = Backend.open(directory.resolve("store"), BackendOptions.defaults());
    store = MvccStore.open(backend, new MvccOptions(valueCacheBytesMax, 5, 4));
    told = new ArrayList<>();
    store.addCommitListener(told::add);
  }

  private void reopen(long appliedIndex) {
    int before = store.hashKv(0).hash();
    backend.commit(appliedIndex, 1);
    backend.close();
    open();
    assertEquals(appliedIndex, backend.appliedIndex());
    assertEquals(before, store.hashKv(0).hash(), "hash after reopening");
  }

  private void transaction() {
    told.clear();
    WriteTxn txn = store.beginWrite();
    twin.begin();
    int operations = 1 + random.nextInt(4);
    for (int i = 0; i < operations; i++) {
      operation(txn);
    }
    List<Event> expected = List.copyOf(twin.openEvents());
    assertEquals(twin.end(), txn.end());
    assertEquals(expected.isEmpty() ? 0 : 1, told.size(), "commits told");
    if (!expected.isEmpty()) {
      assertEquals(twin.current(), told.get(0).revision());
      assertSameEvents(expected, told.get(0).events(), true);
    }
  }

  private void operation(WriteTxn txn) {
    Key key = randomKey();
    switch (random.nextInt(8)) {
      case 0, 1, 2 -> {
        byte[] value = randomValue();
        long lease = random.nextInt(3) == 0 ? random.nextLong() : 0;
        twin.put(key, value, lease);
        txn.put(key, value, lease);
      }
      case 3 -> {
        byte[] value = randomValue();
        KeyValue before = twin.put(key, value, 0);
        assertEquals(Optional.ofNullable(before), txn.putReturningPrevious(key, value, 0));
      }
      case 4 -> {
        KeyRange range = KeyRange.single(key);
        assertEquals(twin.delete(range).size(), txn.deleteRange(range));
      }
      case 5 -> {
        KeyRange range = randomRange();
        List<KeyValue> previous = txn.range(RangeQuery.of(range)).keyValues();
        assertEquals(previous.size(), txn.deleteRange(range));
        assertEquals(twin.delete(range), previous);
      }
      case 6 -> assertEquals(Optional.ofNullable(twin.get(key)), txn.get(key));
      default -> {
        RangeQuery inside = withRevision(randomQuery(), 0);
        assertSame(twin.rangeInside(inside), txn.range(inside));
      }
    }
  }

  private void compact() {
    long revision = random.nextLong(-2, twin.current() + 2);
    EtcdError expected = errorOf(() -> twin.compact(revision));
    assertEquals(expected, errorOf(() -> store.compact(revision)));
  }

  private void compareEvents() {
    long from = random.nextLong(0, twin.current() + 2);
    long to = Math.min(twin.current(), from + random.nextInt(20));
    KeyRange range = random.nextBoolean() ? KeyRange.all() : randomRange();
    List<CommittedRevision> expected;
    try {
      expected = twin.events(from, to, range);
    } catch (StoreException e) {
      assertEquals(e.error(), errorOf(() -> store.readEvents(from, to, range, 100)));
      return;
    }
    List<CommittedRevision> found = new ArrayList<>();
    long next = from;
    while (next <= to) {
      EventBatch batch = store.readEvents(next, to, range, random.nextInt(60));
      found.addAll(batch.revisions());
      if (batch.nextRevision() <= next) {
        fail("no progress from " + next);
      }
      next = batch.nextRevision();
    }
    assertEquals(
        expected.stream().map(CommittedRevision::revision).toList(),
        found.stream().map(CommittedRevision::revision).toList());
    for (int i = 0; i < expected.size(); i++) {
      assertSameEvents(expected.get(i).events(), found.get(i).events(), false);
    }
  }

  private void assertSameEvents(List<Event> expected, List<Event> found, boolean live) {
    // Of a key that a transaction touched twice, compaction keeps the last touch only.
    long revision = expected.get(0).keyValue().modRevision();
    List<Event> visible = !live && revision == twin.compacted() ? lastPerKey(expected) : expected;
    List<Event> seen = !live && revision == twin.compacted() ? lastPerKey(found) : found;
    assertEquals(visible.size(), seen.size(), "events of revision " + revision);
    for (int i = 0; i < visible.size(); i++) {
      Event one = visible.get(i);
      Event other = seen.get(i);
      assertEquals(one.type(), other.type());
      assertEquals(one.keyValue(), other.keyValue());
      assertArrayEquals(one.keyValue().value(), other.keyValue().value());
      assertEquals(one.isCreate(), other.isCreate());
      boolean readable = revision - 1 >= twin.compacted();
      boolean createdInside = other.isCreate();
      if (readable && !createdInside) {
        assertEquals(one.previous(), other.previous(), "previous of " + other);
      }
    }
  }

  private static List<Event> lastPerKey(List<Event> events) {
    List<Event> last = new ArrayList<>();
    for (int i = 0; i < events.size(); i++) {
      Key key = Key.of(events.get(i).keyValue().key());
      boolean again =
          events.subList(i + 1, events.size()).stream()
              .anyMatch(later -> Key.of(later.keyValue().key()).equals(key));
      if (!again) {
        last.add(events.get(i));
      }
    }
    return last;
  }

  private void compare(Supplier<RangeResult> ours, Supplier<RangeResult> theirs, RangeQuery asked) {
    RangeResult expected;
    try {
      expected = theirs.get();
    } catch (StoreException e) {
      assertEquals(e.error(), errorOf(ours::get), asked.toString());
      return;
    }
    assertSame(expected, ours.get());
  }

  private void assertSame(RangeResult expected, RangeResult found) {
    assertEquals(expected.keyValues(), found.keyValues());
    assertEquals(expected.count(), found.count(), "count");
    assertEquals(expected.more(), found.more(), "more");
    assertEquals(expected.currentRevision(), found.currentRevision(), "header revision");
  }

  private static EtcdError errorOf(Runnable action) {
    try {
      action.run();
      return null;
    } catch (StoreException e) {
      return e.error();
    }
  }

  private RangeQuery randomQuery() {
    long highest = twin.current() + 2;
    return new RangeQuery(
        random.nextInt(4) == 0 ? KeyRange.all() : randomRange(),
        random.nextInt(3) == 0 ? random.nextLong(-1, highest) : 0,
        random.nextInt(2) == 0 ? random.nextInt(6) : 0,
        SortOrder.values()[random.nextInt(3)],
        SortTarget.values()[random.nextInt(5)],
        random.nextInt(4) == 0,
        random.nextInt(6) == 0,
        filter(highest),
        filter(highest),
        filter(highest),
        filter(highest));
  }

  private long filter(long highest) {
    return random.nextInt(8) == 0 ? random.nextLong(0, highest) : 0;
  }

  private static RangeQuery withRevision(RangeQuery q, long revision) {
    return new RangeQuery(
        q.range(),
        revision,
        q.limit(),
        q.order(),
        q.target(),
        q.keysOnly(),
        q.countOnly(),
        q.minModRevision(),
        q.maxModRevision(),
        q.minCreateRevision(),
        q.maxCreateRevision());
  }

  private KeyRange randomRange() {
    return switch (random.nextInt(4)) {
      case 0 -> KeyRange.single(randomKey());
      case 1 -> KeyRange.prefix(randomKey().bytes());
      case 2 -> KeyRange.fromKey(randomKey().bytes());
      default -> KeyRange.of(randomKey().bytes(), randomKey().bytes());
    };
  }

  private Key randomKey() {
    return Key.of(
        KEYS[random.nextInt(KEYS.length)].getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
  }

  private byte[] randomValue() {
    byte[] value = new byte[random.nextInt(40)];
    random.nextBytes(value);
    return value;
  }
}
