package io.holdfast.server.raft;

import io.holdfast.server.raft.membership.ConfState;

/**
 * A member's view at one moment. Immutable, so any thread may read it.
 *
 * @param memberId this member
 * @param role what it is
 * @param leaderId the leader it knows of in {@code term}; 0 = none
 * @param term its current term
 * @param commitIndex highest index known to be committed
 * @param appliedIndex highest index the state machine reported as executed
 * @param persistedIndex highest log index known to be durable here
 * @param firstIndex lowest log index still in memory (one above the last, when there is none)
 * @param lastIndex highest log index, durable or not
 * @param transferTarget the member leadership is being handed to; 0 = none
 * @param confState the membership in force: that of the last change in the log, committed or not
 * @param confIndex the log index of that change; above {@code commitIndex} while that change is not
 *     committed. 0 = the membership the cluster began with
 * @param repairing whether this member's log was lost and is not yet whole again: it neither votes
 *     nor stands
 */
public record RaftStatus(
    long memberId,
    Role role,
    long leaderId,
    long term,
    long commitIndex,
    long appliedIndex,
    long persistedIndex,
    long firstIndex,
    long lastIndex,
    long transferTarget,
    ConfState confState,
    long confIndex,
    boolean repairing) {
  /** Whether this member leads in its term. */
  public boolean isLeader() {
    return role == Role.LEADER;
  }

  /** Whether the membership in force is applied and not joint: another change may begin. */
  public boolean isConfSettled() {
    return confIndex <= appliedIndex && !confState.isJoint();
  }

  /** Whether a leader is known. */
  public boolean hasLeader() {
    return leaderId != 0;
  }
}
