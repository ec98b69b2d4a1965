package io.holdfast.server.service;

/**
 * What health probes decide from; gathered without waiting for anything.
 *
 * @param recoveryDone whether the log has been replayed and the member takes part in the cluster
 * @param loopIdleMillis milliseconds since the loop last finished a turn; it turns at least once
 *     per tick, so a large number means that it hangs
 * @param leaderId the leader the member knows; 0 when none
 * @param caughtUp whether the member has applied what it knows to be committed, give or take what
 *     is under way, and has been connected to a leader since it started
 * @param joining whether the member was added as a voter and does not count for a majority yet,
 *     because it has not caught up
 * @param failed whether the member stopped itself after a storage failure or a broken invariant
 */
public record HealthFacts(
    boolean recoveryDone,
    long loopIdleMillis,
    long leaderId,
    boolean caughtUp,
    boolean joining,
    boolean failed) {
  /** Whether the member knows a leader. */
  public boolean hasLeader() {
    return leaderId != 0;
  }
}
