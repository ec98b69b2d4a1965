package io.holdfast.server.service.member;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import org.junit.jupiter.api.Test;

/** The memory of answers: shared, refused when used up, given back. */
class ReadMemoryTest {
  private static final int MIB = 1 << 20;

  private final ReadMemory memory = new ReadMemory(10 * MIB);

  @Test
  void anAnswerThatDoesNotFitIsRefusedAndLeavesItsShareToOthers() {
    try (ReadMemory.Share large = memory.open()) {
      for (int i = 0; i < 9; i++) {
        large.add(MIB);
      }
      StoreException refused = assertThrows(StoreException.class, () -> large.add(2 * MIB));
      assertEquals(EtcdError.ANSWER_TOO_LARGE, refused.error());
    }
    try (ReadMemory.Share next = memory.open()) {
      next.add(9 * MIB);
    }
  }

  @Test
  void answersShareTheMemory() {
    try (ReadMemory.Share first = memory.open();
        ReadMemory.Share second = memory.open()) {
      first.add(6 * MIB);
      assertThrows(StoreException.class, () -> second.add(6 * MIB));
    }
    try (ReadMemory.Share whole = memory.open()) {
      whole.add(10 * MIB);
    }
  }

  @Test
  void smallAnswersNeedNone() {
    try (ReadMemory.Share all = memory.open();
        ReadMemory.Share small = memory.open()) {
      all.add(10 * MIB);
      small.add(30_000);
      small.add(30_000);
      assertThrows(StoreException.class, () -> small.add(30_000));
    }
  }
}
