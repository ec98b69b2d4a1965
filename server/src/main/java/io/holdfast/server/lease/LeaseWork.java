package io.holdfast.server.lease;

import java.util.List;

/**
 * What the leader has to propose for its leases now.
 *
 * @param expired leases that have run out: to be revoked, one command each
 * @param checkpoints remaining times to record, in one command; at most 1000
 */
public record LeaseWork(List<Long> expired, List<LeaseCheckpoint> checkpoints) {
  /** Nothing is due. */
  public static final LeaseWork NONE = new LeaseWork(List.of(), List.of());

  public boolean isEmpty() {
    return expired.isEmpty() && checkpoints.isEmpty();
  }
}
