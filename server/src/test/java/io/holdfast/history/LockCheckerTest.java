package io.holdfast.history;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The judge of locks, proved by lies: one line, two who stand in it one after the other. */
class LockCheckerTest {
  private static final KeyInterval LINE = new KeyInterval("q/", "q0");
  private static final LockRecord FIRST = new LockRecord("q/a", 2, 2, 10, 20, 30);
  private static final LockRecord SECOND = new LockRecord("q/b", 3, 4, 11, 35, 50);

  private final CommittedHistory committed = new CommittedHistory();

  LockCheckerTest() {
    committed.add(2, List.of(put("q/a", 2)), "a member");
    committed.add(3, List.of(put("q/b", 3)), "a member");
    committed.add(4, List.of(Change.delete("q/a")), "a member");
    committed.add(5, List.of(Change.delete("q/b")), "a member");
  }

  @Test
  void oneAfterTheOtherIsRight() {
    assertDoesNotThrow(() -> check(FIRST, SECOND));
  }

  @Test
  void twoAtOnceAreSeen() {
    refused(FIRST, new LockRecord("q/b", 3, 4, 11, 29, 50));
  }

  @Test
  void whoIsNotTheFirstInLineIsSeen() {
    refused(new LockRecord("q/b", 3, 3, 11, 35, 50));
  }

  @Test
  void whoHasLostItsPlaceIsSeen() {
    refused(new LockRecord("q/a", 2, 4, 10, 20, 30));
  }

  @Test
  void anotherKeyOfTheSameNameIsSeen() {
    refused(new LockRecord("q/b", 2, 4, 11, 35, 50));
  }

  @Test
  void aTokenGivenTwiceIsSeen() {
    refused(FIRST, new LockRecord("q/a", 2, 3, 31, 35, 50));
  }

  private void refused(LockRecord... held) {
    assertThrows(HistoryViolation.class, () -> check(held));
  }

  private void check(LockRecord... held) {
    LockChecker.check(List.of(held), LINE, committed);
  }

  private static Change put(String key, long revision) {
    return Change.put(new Version(key, "", revision, revision, 1, 7));
  }
}
