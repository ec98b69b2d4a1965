package io.holdfast.server.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.Input;
import io.holdfast.server.raft.message.AppendEntries;
import io.holdfast.server.raft.message.AppendEntriesResponse;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PeerDistancesTest {
  private static final long SELF = 1;
  private static final long PEER = 2;
  private static final long NEAR_MICROS = 4_000;
  private static final int ANSWERS = 32;

  private final PeerDistances distances =
      new PeerDistances(TimeUnit.MICROSECONDS.toNanos(NEAR_MICROS));
  private long now = 1_000_000_000L;
  private long index;

  @Test
  void aPeerIsNearWhenItsQuickestAnswersAre() {
    assertEquals(Optional.empty(), answers(ANSWERS - 1, 20_000));
    assertEquals(Optional.of(new Input.Distance(PEER, true)), answers(1, 3_000));
  }

  @Test
  void aPeerWithoutQuickAnswersStaysFar() {
    assertEquals(Optional.empty(), answers(5 * ANSWERS, NEAR_MICROS));
  }

  @Test
  void nearIsToldOnceAndFarOnlyAtTwiceTheDistance() {
    assertEquals(Optional.of(new Input.Distance(PEER, true)), answers(ANSWERS, 3_000));
    assertEquals(Optional.empty(), answers(5 * ANSWERS, 7_000));
    assertEquals(Optional.of(new Input.Distance(PEER, false)), answers(ANSWERS, 8_000));
    assertEquals(Optional.empty(), answers(5 * ANSWERS, 7_000));
  }

  @Test
  void slowAnswersNeedNotBeMany() {
    answers(ANSWERS, 1_000);
    assertEquals(Optional.empty(), answers(1, 400_000));
    assertEquals(Optional.empty(), answers(2, 400_000));
    assertEquals(
        Optional.of(new Input.Distance(PEER, false)), answers(1, 400_000), "more than a second");
  }

  @Test
  void onlyTheAnswerToTheTimedEntriesCounts() {
    distances.sent(append(1, 3), now);
    passes(3_500);
    distances.sent(append(4, 1), now);
    assertEquals(Optional.empty(), distances.answered(accepted(2), now));
    passes(3_500);
    assertEquals(Optional.empty(), distances.answered(accepted(4), now));
    index = 4;
    assertEquals(Optional.empty(), answers(ANSWERS - 2, 10_000));
    assertEquals(Optional.empty(), answers(1, 10_000), "the first took 7 ms");
  }

  @Test
  void emptyMessagesSayNothing() {
    for (int i = 0; i < 2 * ANSWERS; i++) {
      distances.sent(append(2, 0), now);
      assertEquals(Optional.empty(), distances.answered(accepted(1), now));
    }
  }

  @Test
  void refusalsSayNothing() {
    AppendEntriesResponse refusal = new AppendEntriesResponse(PEER, SELF, 1, 1, true, 0, 0);
    for (int i = 0; i < 2 * ANSWERS; i++) {
      distances.sent(append(1, 1), now);
      assertEquals(Optional.empty(), distances.answered(refusal, now));
    }
  }

  @Test
  void aNewLeadershipBeginsAnew() {
    answers(ANSWERS, 1_000);
    distances.forget();
    assertEquals(Optional.of(new Input.Distance(PEER, true)), answers(ANSWERS, 1_000));
  }

  @Test
  void nobodyIsNearWhenSwitchedOff() {
    PeerDistances off = new PeerDistances(0);
    for (int i = 1; i <= 2 * ANSWERS; i++) {
      off.sent(append(i, 1), now);
      assertEquals(Optional.empty(), off.answered(accepted(i), now));
    }
  }

  /** Sends entries and has them answered; returns what the last answer has shown. */
  private Optional<Input> answers(int count, long micros) {
    Optional<Input> shown = Optional.empty();
    for (int i = 0; i < count; i++) {
      assertEquals(Optional.empty(), shown, "told before the last answer");
      distances.sent(append(++index, 1), now);
      passes(micros);
      shown = distances.answered(accepted(index), now);
    }
    return shown;
  }

  private void passes(long micros) {
    now += TimeUnit.MICROSECONDS.toNanos(micros);
  }

  private static AppendEntries append(long firstIndex, int count) {
    List<Entry> entries =
        LongStream.range(firstIndex, firstIndex + count)
            .mapToObj(i -> new Entry(i, 1, EntryType.NORMAL, new byte[1]))
            .toList();
    return new AppendEntries(SELF, PEER, 1, firstIndex - 1, 1, entries, 0);
  }

  private static AppendEntriesResponse accepted(long index) {
    return new AppendEntriesResponse(PEER, SELF, 1, index, false, 0, 0);
  }
}
