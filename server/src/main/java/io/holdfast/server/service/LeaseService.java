package io.holdfast.server.service;

import io.holdfast.server.auth.Caller;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * The use cases of leases. Stages complete exceptionally as those of {@link KeyValueService} do.
 */
public interface LeaseService {
  /** The same on somebody's behalf; without it for {@link Caller#ANONYMOUS}. */
  LeaseService as(Caller caller);

  /**
   * Creates a lease.
   *
   * @param leaseId the wanted id; 0 to have one chosen
   * @param ttlSeconds the wanted time to live; raised to the member's minimum. Above 9,000,000,000:
   *     LEASE_TTL_TOO_LARGE; an id in use: LEASE_ALREADY_EXISTS
   */
  CompletionStage<Response<GrantedLease>> grant(long leaseId, long ttlSeconds);

  /** Ends a lease and deletes the keys attached to it in one revision; LEASE_NOT_FOUND. */
  CompletionStage<Response<Void>> revoke(long leaseId);

  /**
   * Renews a lease on the leader, forwarded there when this member follows.
   *
   * @return the seconds it lives from now; 0 when there is no such lease, which is no error
   */
  CompletionStage<Response<Long>> keepAlive(long leaseId);

  /**
   * Asks the leader how long a lease still lives.
   *
   * @param withKeys whether the attached keys are wanted
   * @return an unknown lease has the remaining time -1
   */
  CompletionStage<Response<LeaseTimeToLive>> timeToLive(long leaseId, boolean withKeys);

  /** The ids of all leases, linearizable. */
  CompletionStage<Response<List<Long>>> leases();
}
