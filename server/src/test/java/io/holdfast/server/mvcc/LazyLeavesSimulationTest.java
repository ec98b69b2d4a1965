package io.holdfast.server.mvcc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An index of packed leaves against a sorted map, while it is read, counted, written and shrunk.
 */
class LazyLeavesSimulationTest {
  private static final int KEYS = 1_500;

  private final TreeMap<Key, KeyVersion> model = new TreeMap<>();
  private final KeyTree tree = new KeyTree();
  private Random random;
  private RandomVersions versions;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void holdsWhatASortedMapHolds(long seed) {
    random = new Random(seed);
    versions = new RandomVersions(random, 1);
    load(KEYS);
    int packed = tree.packedLeaves();
    assertTrue(packed > KEYS / 64, packed + " leaves");
    long before = versions.revision() / 2;
    compareCount(Key.of(""), null, versions.revision());
    assertEquals(packed, tree.packedLeaves(), "counting the present opens nothing");
    compareCount(Key.of(""), null, before);
    for (int step = 0; step < 400; step++) {
      try {
        step();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + ", step " + step, e);
      }
    }
    compareWalk(Key.of(""), null);
    assertEquals(0, tree.packedLeaves());
  }

  private void step() {
    Key key = random.nextInt(3) == 0 ? versions.key() : known();
    switch (random.nextInt(6)) {
      case 0 -> compare(model.get(key), tree.find(key.bytes()));
      case 1 -> {
        KeyVersion located = tree.locate(key.bytes());
        compare(model.get(key), located);
        KeyVersion after = versions.write(key, located);
        tree.putLocated(after);
        model.put(key, after);
        assertSame(after, tree.find(key.bytes()));
      }
      case 2 -> {
        KeyVersion located = tree.locate(key.bytes());
        compare(model.remove(key), located);
        if (located != null) {
          tree.removeLocated();
          assertNull(tree.find(key.bytes()));
        }
      }
      case 3 -> compareCount(key, random.nextBoolean() ? null : known(), versions.revision());
      case 4 -> compareCount(key, known(), versions.revision() - random.nextInt(500));
      default -> {
        List<Key> near = new ArrayList<>(model.tailMap(key, true).keySet());
        compareWalk(key, near.isEmpty() ? null : near.get(Math.min(90, near.size() - 1)));
      }
    }
  }

  /** Half of the leaves get some later writes beside what is packed. */
  private void load(int count) {
    model.putAll(versions.keys(count, 20));
    List<LazyLeaf> leaves = new ArrayList<>();
    KeyVersion[] all = model.values().toArray(new KeyVersion[0]);
    for (int from = 0; from < all.length; ) {
      int to = Math.min(all.length, from + 1 + random.nextInt(50));
      leaves.add(
          LazyLeaf.of(
              PackedLeafTest.pack(all, from, to),
              random.nextBoolean() ? new KeyVersion[0] : later(all, from, to)));
      from = to;
    }
    tree.load(leaves);
  }

  private KeyVersion[] later(KeyVersion[] all, int from, int to) {
    List<KeyVersion> later = new ArrayList<>();
    for (int i = from; i < to; i++) {
      for (int writes = random.nextInt(6) - 3; writes > 0; writes--) {
        Key key = Key.of(all[i].key);
        KeyVersion next = versions.write(key, model.get(key));
        later.add(
            KeyVersion.first(
                next.key,
                next.modRevision,
                next.sub,
                next.createRevision,
                next.version,
                next.leaseId,
                null));
        model.put(key, next);
      }
    }
    return later.toArray(new KeyVersion[0]);
  }

  private Key known() {
    if (model.isEmpty()) {
      return versions.key();
    }
    List<Key> keys = List.copyOf(model.keySet());
    return keys.get(random.nextInt(keys.size()));
  }

  private void compare(KeyVersion expected, KeyVersion found) {
    if (expected == null) {
      assertNull(found);
    } else {
      assertNotNull(found);
      PackedLeafTest.assertSame(expected, found);
    }
  }

  private void compareCount(Key start, Key end, long revision) {
    long expected =
        model.tailMap(start, true).entrySet().stream()
            .filter(entry -> end == null || entry.getKey().compareTo(end) < 0)
            .filter(entry -> entry.getValue().isAliveAt(revision))
            .count();
    assertEquals(expected, tree.count(start.bytes(), end == null ? null : end.bytes(), revision));
  }

  private void compareWalk(Key start, Key end) {
    List<KeyVersion> found = new ArrayList<>();
    tree.walk(start.bytes(), end == null ? null : end.bytes(), found::add);
    List<KeyVersion> expected =
        model.tailMap(start, true).entrySet().stream()
            .filter(entry -> end == null || entry.getKey().compareTo(end) < 0)
            .map(Map.Entry::getValue)
            .toList();
    PackedLeafTest.assertSame(
        expected.toArray(new KeyVersion[0]), found.toArray(new KeyVersion[0]));
  }

  @Test
  void everybodyGetsTheSameObjects() throws Exception {
    random = new Random(11);
    versions = new RandomVersions(random, 1);
    int threads = 2;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      for (int round = 0; round < 2_000; round++) {
        KeyTree raced = new KeyTree();
        KeyVersion[] all = versions.keys(100, 3).values().toArray(new KeyVersion[0]);
        raced.load(
            List.of(
                LazyLeaf.of(PackedLeafTest.pack(all, 0, 50)),
                LazyLeaf.of(PackedLeafTest.pack(all, 50, 100))));
        AtomicInteger together = new AtomicInteger(threads);
        List<Callable<List<KeyVersion>>> readers = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
          boolean writer = i == 0;
          boolean walks = round % 2 == i;
          readers.add(() -> read(raced, all, together, writer, walks));
        }
        IdentityHashMap<KeyVersion, Integer> seen = new IdentityHashMap<>();
        for (Future<List<KeyVersion>> found : pool.invokeAll(readers)) {
          found.get().forEach(version -> seen.merge(version, 1, Integer::sum));
        }
        assertEquals(100, seen.size(), "one object of each key");
        assertTrue(seen.values().stream().allMatch(times -> times == threads));
      }
    } finally {
      pool.shutdownNow();
    }
  }

  private static List<KeyVersion> read(
      KeyTree raced, KeyVersion[] all, AtomicInteger together, boolean writer, boolean walks) {
    List<KeyVersion> found = new ArrayList<>();
    together.decrementAndGet();
    while (together.get() > 0) {
      Thread.onSpinWait();
    }
    if (walks) {
      raced.walk(new byte[0], null, found::add);
    } else {
      Arrays.stream(all)
          .forEach(
              version -> found.add(writer ? raced.locate(version.key) : raced.find(version.key)));
    }
    return found;
  }
}
