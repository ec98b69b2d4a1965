package io.holdfast.server.mvcc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The index against a sorted map, with keys of all shapes, growing, in bulk and shrinking. */
class KeyTreeSimulationTest {
  private final TreeMap<Key, KeyVersion> model = new TreeMap<>();
  private final KeyTree tree = new KeyTree();
  private Random random;
  private long revision;
  private boolean deleting;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void holdsWhatASortedMapHolds(long seed) {
    random = new Random(seed);
    try {
      for (int round = 0; round < 4; round++) {
        bulk(random.nextInt(4_000));
        deleting = random.nextBoolean();
        grow(1_500);
        compareWalks(40);
        shrink(random.nextInt(2) == 0 ? model.size() : model.size() / 2);
        compareWalks(40);
      }
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  private void grow(int count) {
    int sequence = random.nextInt(100_000);
    for (int i = 0; i < count; i++) {
      Key key = random.nextBoolean() ? randomKey() : numbered(sequence++);
      KeyVersion before = tree.locate(key.bytes());
      assertSame(model.get(key), before);
      KeyVersion after = next(before, key);
      tree.putLocated(after);
      model.put(key, after);
      assertSame(after, tree.find(key.bytes()));
    }
  }

  private void bulk(int count) {
    KeyVersion[] run = new KeyVersion[count];
    for (int i = 0; i < count; i++) {
      run[i] = next(null, random.nextInt(5) == 0 ? numbered(random.nextInt(50)) : randomKey());
    }
    for (KeyVersion version : run) {
      model.merge(Key.of(version.key), version, KeyTreeSimulationTest::join);
    }
    new RunSorter(count).sort(run, count);
    for (int i = 1; i < count; i++) {
      int order = Arrays.compareUnsigned(run[i - 1].key, run[i].key);
      assertEquals(
          true, order < 0 || order == 0 && run[i - 1].modRevision < run[i].modRevision, "sorted");
    }
    tree.putSorted(run, count, KeyTreeSimulationTest::join);
    // Joining made new objects on both sides: from here on the tree's count.
    model.replaceAll((key, version) -> same(version, tree.find(key.bytes())));
  }

  private static KeyVersion same(KeyVersion expected, KeyVersion found) {
    assertEquals(expected.modRevision, found.modRevision);
    assertEquals(expected.olderCount, found.olderCount);
    for (int i = 0; i < expected.olderCount; i++) {
      assertEquals(expected.olderMain(i), found.olderMain(i));
    }
    return found;
  }

  private static KeyVersion join(KeyVersion before, KeyVersion read) {
    return before == null
        ? read
        : before.next(read.modRevision, 0, read.createRevision, read.version, 0, null);
  }

  private void shrink(int count) {
    List<Key> keys = new ArrayList<>(model.keySet());
    if (random.nextBoolean()) {
      Collections.shuffle(keys, random);
    }
    for (Key key : keys.subList(0, count)) {
      assertSame(model.remove(key), tree.locate(key.bytes()));
      tree.removeLocated();
      assertNull(tree.find(key.bytes()));
    }
  }

  private void compareWalks(int count) {
    compareWalk(Key.of(""), null);
    for (int i = 0; i < count; i++) {
      compareWalk(randomKey(), random.nextInt(4) == 0 ? null : randomKey());
      compareWalk(numbered(random.nextInt(100)), numbered(random.nextInt(100_000)));
    }
  }

  private void compareWalk(Key start, Key end) {
    List<KeyVersion> expected;
    if (end == null) {
      expected = List.copyOf(model.tailMap(start, true).values());
    } else if (start.compareTo(end) >= 0) {
      expected = List.of();
    } else {
      expected = List.copyOf(model.subMap(start, true, end, false).values());
    }
    List<KeyVersion> found = new ArrayList<>();
    tree.walk(
        start.bytes(),
        end == null ? null : end.bytes(),
        version -> {
          found.add(version);
          return true;
        });
    assertEquals(expected, found);
    long at = revision - (random.nextBoolean() ? 0 : random.nextInt(2_000));
    assertEquals(
        expected.stream().filter(version -> version.isAliveAt(at)).count(),
        tree.count(start.bytes(), end == null ? null : end.bytes(), at));
  }

  private KeyVersion next(KeyVersion before, Key key) {
    revision++;
    if (before == null) {
      return KeyVersion.first(key.bytes(), revision, 0, revision, 1, 0, null);
    }
    boolean delete = deleting && random.nextInt(3) == 0;
    long version = delete ? 0 : before.version + 1;
    return before.next(revision, 0, before.createRevision, version, 0, null);
  }

  private static Key numbered(int number) {
    return Key.of(String.format("/registry/pods/%09d", number));
  }

  private Key randomKey() {
    byte[] key =
        switch (random.nextInt(4)) {
          case 0 -> new byte[random.nextInt(12)];
          case 1 -> bytes(random.nextInt(20), 256);
          case 2 -> bytes(random.nextInt(14), 2);
          default ->
              String.format("/registry/%x/%x", random.nextInt(9), random.nextInt(99_999))
                  .getBytes(StandardCharsets.US_ASCII);
        };
    return Key.of(key);
  }

  private byte[] bytes(int length, int values) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) random.nextInt(values);
    }
    return bytes;
  }
}
