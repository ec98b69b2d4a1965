package io.holdfast.server.service.member;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** When the leader compacts by itself, and up to where. */
class CompactionScheduleTest {
  private long now;

  @Test
  void aPeriodKeepsWhatIsYoungerThanItself() {
    CompactionSchedule schedule = periodic(Duration.ofMinutes(10));
    assertEquals(Duration.ofMinutes(1).toNanos(), schedule.intervalNanos());
    expectNothing(schedule, 1, 9);
    assertEquals(OptionalLong.of(100), turn(schedule, 110, true));
    schedule.done(now, 100);
    expectNothing(schedule, 11, 19);
    assertEquals(OptionalLong.of(109), turn(schedule, 120, true));
  }

  @Test
  void aLongPeriodIsKeptEveryHour() {
    CompactionSchedule schedule = periodic(Duration.ofHours(3));
    assertEquals(Duration.ofMinutes(6).toNanos(), schedule.intervalNanos());
    expectNothing(schedule, 1, 29);
    assertEquals(OptionalLong.of(100), turn(schedule, 130, true));
    schedule.done(now, 100);
    expectNothing(schedule, 31, 39);
    assertEquals(OptionalLong.of(109), turn(schedule, 140, true));
  }

  @Test
  void whatFailedIsAskedForAgain() {
    CompactionSchedule schedule = periodic(Duration.ofMinutes(10));
    expectNothing(schedule, 1, 9);
    assertEquals(OptionalLong.of(100), turn(schedule, 110, true));
    assertEquals(OptionalLong.of(100), turn(schedule, 111, true));
    assertEquals(OptionalLong.of(101), turn(schedule, 112, true));
  }

  @Test
  void anIdleStoreIsLeftAlone() {
    CompactionSchedule schedule = periodic(Duration.ofMinutes(10));
    for (int minute = 1; minute < 10; minute++) {
      turn(schedule, 100, true);
    }
    assertEquals(OptionalLong.of(100), turn(schedule, 100, true));
    schedule.done(now, 100);
    for (int minute = 0; minute < 40; minute++) {
      assertEquals(OptionalLong.empty(), turn(schedule, 100, true));
    }
  }

  @Test
  void aFollowerTakesNotesButDoesNotAsk() {
    CompactionSchedule schedule = periodic(Duration.ofMinutes(10));
    for (int minute = 1; minute <= 24; minute++) {
      assertEquals(OptionalLong.empty(), turn(schedule, 100 + minute, false));
    }
    assertEquals(OptionalLong.of(114), turn(schedule, 125, true));
  }

  @Test
  void aNumberOfRevisionsIsKept() {
    CompactionSchedule schedule =
        CompactionSchedule.of(new AutoCompaction.ByRevision(1000), now, 1);
    assertEquals(Duration.ofMinutes(5).toNanos(), schedule.intervalNanos());
    assertEquals(OptionalLong.empty(), turn(schedule, 1000, true));
    assertEquals(OptionalLong.of(1), turn(schedule, 1001, true));
    assertEquals(OptionalLong.of(500), turn(schedule, 1500, true));
    schedule.done(now, 500);
    assertEquals(OptionalLong.empty(), turn(schedule, 1500, true));
    assertEquals(OptionalLong.empty(), turn(schedule, 1600, false));
    assertEquals(OptionalLong.of(600), turn(schedule, 1600, true));
  }

  /** Turns of a leader whose revision grows by one each time. */
  private void expectNothing(CompactionSchedule schedule, int first, int last) {
    for (int turn = first; turn <= last; turn++) {
      assertEquals(OptionalLong.empty(), turn(schedule, 100 + turn, true));
    }
  }

  private CompactionSchedule periodic(Duration retention) {
    return CompactionSchedule.of(new AutoCompaction.Periodic(retention), now, 100);
  }

  /** What the schedule says after another of its intervals. */
  private OptionalLong turn(CompactionSchedule schedule, long revision, boolean leads) {
    now += schedule.intervalNanos();
    return schedule.turn(now, revision, leads);
  }
}
