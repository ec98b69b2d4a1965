package io.holdfast.server.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The memory of large watch messages on their way. */
class WatchMemoryTest {
  private final WatchMemory memory = new WatchMemory(1000);
  private final List<String> woken = new ArrayList<>();

  @Test
  void whoFindsNoRoomIsCalledWhenOthersHaveBeenRead() {
    assertTrue(memory.take(600, () -> woken.add("first")));
    assertFalse(memory.take(600, () -> woken.add("second")));
    assertFalse(memory.take(500, () -> woken.add("third")));
    assertTrue(memory.take(400, () -> woken.add("fourth")));
    assertEquals(List.of(), woken);
    memory.giveBack(600);
    assertEquals(List.of("second", "third"), woken);
    assertTrue(memory.take(600, () -> woken.add("again")));
    memory.giveBack(400);
    assertEquals(List.of("second", "third"), woken);
  }

  @Test
  void aMessageLargerThanAllRoomPassesAlone() {
    assertTrue(memory.take(5000, () -> woken.add("large")));
    assertFalse(memory.take(1, () -> woken.add("small")));
    memory.giveBack(5000);
    assertTrue(memory.take(1, () -> woken.add("small")));
    assertFalse(memory.take(5000, () -> woken.add("large")));
  }
}
