package io.holdfast.server.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.mvcc.KeyRange;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** The tree of ranges against a list that is searched from end to end. */
class RangeIndexTest {
  @Property(tries = 300)
  void findsWhatAListFinds(@ForAll long seed) {
    Random random = new Random(seed);
    RangeIndex index = new RangeIndex();
    List<KeyRange> list = new ArrayList<>();
    for (int step = 0; step < 200; step++) {
      KeyRange range = range(random);
      if (list.remove(range)) {
        index.remove(range);
      } else if (random.nextInt(4) == 0 && !list.isEmpty()) {
        index.remove(list.remove(random.nextInt(list.size())));
      } else {
        list.add(range);
        index.add(new WatchGroup(range));
      }
      byte[] key = {(byte) random.nextInt(256), (byte) random.nextInt(4)};
      Set<KeyRange> expected = new HashSet<>();
      list.stream().filter(candidate -> candidate.contains(key)).forEach(expected::add);
      Set<KeyRange> found = new HashSet<>();
      index.forEachContaining(key, group -> assertTrue(found.add(group.range)));
      assertEquals(expected, found);
      assertEquals(list.size(), index.size());
      assertEquals(list.contains(range), index.find(range).isPresent());
    }
  }

  @Test
  void staysShallowWhenRangesComeInOrder() {
    RangeIndex index = new RangeIndex();
    for (int i = 0; i < 100_000; i++) {
      byte[] start = {(byte) (i >> 16), (byte) (i >> 8), (byte) i};
      index.add(new WatchGroup(KeyRange.prefix(start)));
    }
    // Recursion over a degenerate tree would overflow the stack here.
    List<KeyRange> found = new ArrayList<>();
    index.forEachContaining(new byte[] {0, 5, 7, 1}, group -> found.add(group.range));
    assertEquals(List.of(KeyRange.prefix(new byte[] {0, 5, 7})), found);
  }

  @Test
  void refusesToRemoveWhatIsNotThere() {
    RangeIndex index = new RangeIndex();
    assertThrows(IllegalStateException.class, () -> index.remove(KeyRange.all()));
  }

  private static KeyRange range(Random random) {
    byte[] start = {(byte) random.nextInt(256)};
    if (random.nextInt(6) == 0) {
      return KeyRange.fromKey(start);
    }
    return KeyRange.of(start, new byte[] {(byte) (1 + random.nextInt(255)), 1});
  }
}
