package io.holdfast.server.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.holdfast.server.mvcc.KeyRange;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** The index of single keys against a map. */
class SingleKeyIndexTest {
  @Property(tries = 300)
  void behavesLikeAMap(@ForAll long seed) {
    Random random = new Random(seed);
    int keys = 1 + random.nextInt(100);
    SingleKeyIndex index = new SingleKeyIndex(random.nextInt());
    Map<String, WatchGroup> map = new HashMap<>();
    for (int step = 0; step < 500; step++) {
      String key = "key/" + random.nextInt(keys);
      boolean growing = step / 100 % 2 == 0;
      if (growing || random.nextInt(4) == 0) {
        WatchGroup group = index.findOrAdd(KeyRange.single(bytes(key)));
        WatchGroup before = map.putIfAbsent(key, group);
        assertSame(before == null ? group : before, group);
        assertEquals(key, new String(group.range.start(), StandardCharsets.UTF_8));
      } else if (map.containsKey(key)) {
        index.remove(map.remove(key));
      }
      assertSame(map.get(key), index.find(bytes(key)));
      assertEquals(map.size(), index.size());
    }
    for (int i = 0; i < keys; i++) {
      String key = "key/" + i;
      assertSame(map.get(key), index.find(bytes(key)));
    }
    assertNull(index.find(new byte[0]));
  }

  private static byte[] bytes(String key) {
    return key.getBytes(StandardCharsets.UTF_8);
  }
}
