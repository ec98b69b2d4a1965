package io.holdfast.server.transport;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What only the leader can say about leases. A follower asks its leader through the transport; the
 * leader answers itself. Stages fail with a {@link io.holdfast.server.error.StoreException}:
 * NOT_LEADER where the one asked does not lead (any more), NO_LEADER or TIMEOUT where it could not
 * be reached.
 */
public interface LeaseAuthority {
  /**
   * Renews a lease.
   *
   * @return the seconds it lives from now; 0 when there is no such lease
   */
  CompletionStage<Long> keepAlive(long leaseId);

  /** A lease's times; empty when there is no such lease. */
  CompletionStage<Optional<LeaseTimes>> timeToLive(long leaseId, boolean keysWanted);

  /**
   * How long a lease lives.
   *
   * @param keys the attached keys, when they were asked for; not to be changed
   */
  record LeaseTimes(long grantedSeconds, long remainingSeconds, List<byte[]> keys) {}
}
