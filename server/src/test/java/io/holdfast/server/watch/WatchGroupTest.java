package io.holdfast.server.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.holdfast.server.mvcc.KeyRange;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** The watchers of a range, alone and together with others, against a list. */
class WatchGroupTest {
  @Property(tries = 300)
  void holdsThoseThatWereAddedAndNotRemoved(@ForAll long seed) {
    Random random = new Random(seed);
    KeyRange shared = KeyRange.all();
    WatchGroup group = new WatchGroup(shared);
    List<Watcher> expected = new ArrayList<>();
    int few = 1 + random.nextInt(4);
    for (int step = 0; step < 200; step++) {
      boolean growing = step / 50 % 2 == 0;
      if (expected.isEmpty() || random.nextInt(growing ? few + 1 : 4) > 0 && growing) {
        Watcher added = new Watcher(null, step, WatchRequest.of(KeyRange.all(), 0), 1);
        group.add(added);
        assertSame(group, added.group);
        assertSame(shared, added.range);
        expected.add(added);
      } else {
        Watcher removed = expected.remove(random.nextInt(expected.size()));
        group.remove(removed);
        assertNull(removed.group);
      }
      assertEquals(new HashSet<>(expected), watchers(group));
    }
  }

  private static Set<Watcher> watchers(WatchGroup group) {
    Set<Watcher> found = new HashSet<>();
    for (int position = 0; position < group.size(); position++) {
      Watcher watcher = group.watcher(position);
      assertEquals(position, watcher.positionInGroup);
      found.add(watcher);
    }
    assertEquals(group.size(), found.size());
    return found;
  }
}
