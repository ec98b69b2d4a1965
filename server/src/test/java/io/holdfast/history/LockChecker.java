package io.holdfast.history;

import java.util.Comparator;
import java.util.List;

/**
 * Whether a lock was ever held by two at once. Judged twice: by what the store committed, where the
 * create revisions of the keys in the line are the fencing tokens, and by what the holders saw.
 */
public final class LockChecker {
  private static final String HELD =
      "a lock is given to the first in its line, while its key is there";
  private static final String ALONE = "a lock has one holder at a time";
  private static final String TOKENS = "fencing tokens grow from holder to holder";

  private LockChecker() {}

  /**
   * @param line the keys of all who want this lock
   * @throws HistoryViolation when two held it at once, or one that had lost its place
   */
  public static void check(List<LockRecord> held, KeyInterval line, CommittedHistory committed) {
    held.forEach(lock -> wasFirst(lock, line, committed));
    List<LockRecord> inOrder =
        held.stream().sorted(Comparator.comparingLong(LockRecord::token)).toList();
    for (int i = 1; i < inOrder.size(); i++) {
      LockRecord before = inOrder.get(i - 1);
      LockRecord after = inOrder.get(i);
      HistoryViolation.require(
          before.token() < after.token(), TOKENS, before, " has the token of ", after);
      HistoryViolation.require(
          before.called() <= after.heard(), TOKENS, before, " came after ", after);
      HistoryViolation.require(
          before.until() <= after.heard(), ALONE, before, " still held what was given to ", after);
    }
  }

  private static void wasFirst(LockRecord lock, KeyInterval line, CommittedHistory committed) {
    List<Version> waiting = committed.range(line, lock.revision());
    boolean isThere =
        waiting.stream()
            .anyMatch(one -> one.key().equals(lock.key()) && one.createRevision() == lock.token());
    boolean isFirst = waiting.stream().noneMatch(one -> one.createRevision() < lock.token());
    HistoryViolation.require(
        isThere && isFirst, HELD, lock, " was given while these stood in line: ", waiting);
  }
}
