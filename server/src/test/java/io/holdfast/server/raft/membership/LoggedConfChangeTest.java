package io.holdfast.server.raft.membership;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.raft.membership.ConfChange.Kind;
import io.holdfast.server.raft.membership.ConfChange.Step;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class LoggedConfChangeTest {
  private static final LoggedConfChange JOINT =
      new LoggedConfChange(
          new ConfChange(
              List.of(
                  new Step(Kind.ADD_VOTER, -4),
                  new Step(Kind.ADD_LEARNER, 2),
                  new Step(Kind.REMOVE, Long.MIN_VALUE)),
              new byte[] {1, -1, 0}),
          new ConfState(
              new TreeSet<>(List.of(3L, -4L)),
              new TreeSet<>(List.of(2L, 3L, Long.MIN_VALUE)),
              new TreeSet<>(List.of(Long.MAX_VALUE)),
              new TreeSet<>(List.of(2L)),
              true));

  @Test
  void comesBackAsItWas() {
    for (LoggedConfChange original :
        List.of(
            JOINT,
            new LoggedConfChange(ConfChange.LEAVE_JOINT, ConfState.ofVoters(List.of(7L))),
            new LoggedConfChange(
                new ConfChange(List.of(), new byte[ConfChange.CONTEXT_BYTES_MAX]),
                ConfState.NONE))) {
      LoggedConfChange back = LoggedConfChange.decode(original.encode());
      assertEquals(original.confState(), back.confState());
      assertEquals(original.change().steps(), back.change().steps());
      assertArrayEquals(original.change().context(), back.change().context());
    }
  }

  /** The layout is in logs: it must not change by itself. */
  @Test
  void theLayoutIsAsDocumented() {
    LoggedConfChange small =
        new LoggedConfChange(
            ConfChange.of(Kind.REMOVE, 2, new byte[] {9}), ConfState.ofVoters(List.of(1L)));
    byte[] expected = {
      1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0,
      0, 1, 9
    };
    assertArrayEquals(expected, small.encode());
  }

  @Test
  void whatIsCutOffOrTooLongIsRefused() {
    byte[] whole = JOINT.encode();
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      assertThrows(IllegalArgumentException.class, () -> LoggedConfChange.decode(cut));
    }
    byte[] longer = Arrays.copyOf(whole, whole.length + 1);
    assertThrows(IllegalArgumentException.class, () -> LoggedConfChange.decode(longer));
  }

  @Test
  void aLaterVersionSaysWhatToDo() {
    byte[] later = JOINT.encode();
    later[0] = 2;
    IllegalArgumentException error =
        assertThrows(IllegalArgumentException.class, () -> LoggedConfChange.decode(later));
    assertTrue(error.getMessage().contains("upgrade this member"), error.getMessage());
  }

  @Test
  void damageLeadsToNothingButARefusalOrAMembership() {
    SplittableRandom random = new SplittableRandom(1);
    byte[] whole = JOINT.encode();
    for (int i = 0; i < 20_000; i++) {
      byte[] damaged = whole.clone();
      damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      try {
        LoggedConfChange read = LoggedConfChange.decode(damaged);
        LoggedConfChange again = LoggedConfChange.decode(read.encode());
        assertEquals(read.confState(), again.confState());
        assertEquals(read.change().steps(), again.change().steps());
      } catch (IllegalArgumentException refused) {
        assertTrue(refused.getMessage() != null && !refused.getMessage().isEmpty());
      }
    }
  }
}
