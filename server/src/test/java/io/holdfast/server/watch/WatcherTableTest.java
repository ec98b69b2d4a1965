package io.holdfast.server.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.holdfast.server.mvcc.KeyRange;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** The table of watchers against a map. */
class WatcherTableTest {
  @Property(tries = 300)
  void behavesLikeAMap(@ForAll long seed) {
    Random random = new Random(seed);
    int ids = 1 + random.nextInt(100);
    WatcherTable table = new WatcherTable();
    Map<Long, Watcher> map = new HashMap<>();
    for (int step = 0; step < 500; step++) {
      // Ids a power of two apart meet in the same slots.
      long id = (long) random.nextInt(ids) << (random.nextInt(2) * 40);
      boolean growing = step / 100 % 2 == 0;
      if (!map.containsKey(id) && (growing || random.nextInt(4) == 0)) {
        Watcher watcher = new Watcher(null, id, WatchRequest.of(KeyRange.all(), 0), 1);
        table.add(watcher);
        map.put(id, watcher);
      } else if (!growing) {
        assertSame(map.remove(id), table.remove(id));
      }
      assertEquals(map.containsKey(id), table.contains(id));
      assertEquals(map.size(), table.size());
    }
    Set<Watcher> seen = new HashSet<>();
    table.forEach(seen::add);
    assertEquals(new HashSet<>(map.values()), seen);
    map.keySet().forEach(id -> assertEquals(true, table.contains(id)));
  }
}
