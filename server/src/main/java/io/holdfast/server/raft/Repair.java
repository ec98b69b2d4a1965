package io.holdfast.server.raft;

import io.holdfast.server.raft.message.RepairPoint;
import io.holdfast.server.raft.message.RequestRepair;

/**
 * The way back of a member whose log was lost, wholly or in part, while its term and vote were not.
 *
 * <p>Such a member may have acknowledged entries that it no longer has, and some may be committed
 * because of it. So it neither votes nor stands: every leader meanwhile is elected by members whose
 * logs are whole, and as two quorums share a member, one of those has each committed entry. From
 * such a leader the member takes the log again. It may be counted on once it agrees with the leader
 * up to where the leader's log ended when asked: that covers what was committed before the leader's
 * term (Leader Completeness) and what this member acknowledged in it. Its durable term keeps out
 * leaders of older terms, its durable vote keeps it from voting twice.
 *
 * <p>The question carries a number of this run of the member: an answer that was given to an
 * earlier run, which may have acknowledged more since, does not count.
 */
final class Repair {
  private final Member member;
  private final long attempt;
  private boolean open;
  private long pointTerm;
  private long point;
  private long agreedTerm;
  private long agreedIndex;
  private int silentTicks;

  /**
   * @param attempt never used by an earlier run of this member
   */
  Repair(Member member, boolean open, long attempt) {
    this.member = member;
    this.open = open;
    this.attempt = attempt;
  }

  boolean isOpen() {
    return open;
  }

  /** Asks the leader, again and again while there is no answer or no progress. */
  void tick() {
    if (!open || member.leaderId == 0 || member.isLeader()) {
      return;
    }
    boolean unanswered = pointTerm != member.term;
    if (++silentTicks >= (unanswered ? 1 : member.config.electionTimeoutTicks())) {
      silentTicks = 0;
      member.outbox.send(
          new RequestRepair(
              member.id, member.leaderId, member.term, attempt, member.log.lastIndex()));
    }
  }

  void onRepairPoint(RepairPoint answer) {
    if (open && answer.attempt() == attempt && answer.from() == member.leaderId) {
      pointTerm = member.term;
      point = Math.max(1, answer.index());
    }
  }

  /** This member's log equals the leader's up to an index, though perhaps not durably yet. */
  void agreed(long index) {
    if (!open) {
      return;
    }
    if (agreedTerm != member.term) {
      agreedTerm = member.term;
      agreedIndex = 0;
    }
    if (index > agreedIndex) {
      agreedIndex = index;
      silentTicks = 0;
    }
  }

  /**
   * How much of a leader's commit index holds here. The leader may still count on what this member
   * acknowledged before.
   */
  long committed(long leaderCommit) {
    if (!open) {
      return leaderCommit;
    }
    return agreedTerm == member.term ? Math.min(leaderCommit, agreedIndex) : 0;
  }

  /** Ends the repair when its point is reached. */
  void look() {
    if (open
        && pointTerm == member.term
        && agreedTerm == member.term
        && !member.installing
        && Math.min(agreedIndex, member.log.persistedIndex()) >= point) {
      open = false;
    }
  }
}
