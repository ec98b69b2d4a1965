package io.holdfast.server.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SlowWorkTest {
  private final List<String> lines = new ArrayList<>();
  private final SlowWork slow = new SlowWork(Duration.ofMillis(100), new SparseLog(lines::add));

  @Test
  void whatIsWithinTheLimitIsNotToldOf() {
    assertFalse(slow.check(100_000_000, () -> fail("described")));
    assertFalse(SlowWork.unlimited().check(Long.MAX_VALUE - 1, () -> fail("described")));
    assertEquals(List.of(), lines);
  }

  @Test
  void whatIsSlowIsToldWithItsTimeAndTheLimit() {
    assertTrue(slow.check(100_001_000, () -> "a put"));
    assertEquals(List.of("a put took 100.001 ms, more than the 100.0 ms that are expected"), lines);
  }

  @Test
  void aFloodIsCountedNotWritten() throws InterruptedException {
    long begin = System.nanoTime();
    for (int i = 0; i < 1000; i++) {
      assertTrue(slow.check(200_000_000, () -> "a put"));
    }
    long seconds = (System.nanoTime() - begin) / 1_000_000_000;
    assertTrue(lines.size() <= 1 + seconds, lines.size() + " lines in " + seconds + " s");
    Thread.sleep(1_010);
    int before = lines.size();
    slow.check(200_000_000, () -> "the last");
    assertEquals(before + 1, lines.size());
    assertTrue(lines.get(before).startsWith("the last took 200.0 ms"), lines.get(before));
    assertTrue(lines.get(before).endsWith("more since the last such line)"), lines.get(before));
  }
}
