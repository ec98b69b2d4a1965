package io.holdfast.server.service;

import io.holdfast.server.auth.Caller;
import io.holdfast.server.mvcc.KeyValue;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Elections among clients, won through leases: who entered first leads until its key is gone. Any
 * thread may call; nothing blocks.
 */
public interface ElectionService {
  /**
   * The same on somebody's behalf; without it for {@link Caller#ANONYMOUS}.
   *
   * @param caller asked at each step, as waiting may take longer than permissions last; does not
   *     throw
   */
  ElectionService as(Supplier<Caller> caller);

  /**
   * Waits until the lease has won. Asking again with a lease that has entered before changes its
   * value.
   *
   * <p>The answer is given only while the leader's key exists, and so the lease lives. A wait whose
   * lease ends fails with ELECTION_SESSION_EXPIRED; an unknown lease with LEASE_NOT_FOUND.
   *
   * @param name may be empty
   * @param leaseId 0 to have one of 60 s granted
   * @param value what observers see
   */
  Waiting<LeaderKey> campaign(byte[] name, long leaseId, byte[] value);

  /** Changes the leader's value; ELECTION_NOT_LEADER when the key is not what it was. */
  CompletionStage<Response<Void>> proclaim(LeaderKey leader, byte[] value);

  /** Gives the office, or the place in the line for it, up; without effect when it is lost. */
  CompletionStage<Response<Void>> resign(LeaderKey leader);

  /** The present leader's pair, linearizable; ELECTION_NO_LEADER. */
  CompletionStage<Response<KeyValue>> leader(byte[] name);

  /**
   * Shows the present leader, and from then on every new leader and every new value. Values may be
   * left out when they change faster than they are taken.
   */
  Observation observe(byte[] name, Observer observer);

  /** Who is shown the leaders; not called by two threads at once, and must not block. */
  interface Observer {
    /** Whether it can take more; once that turns true again, {@link Observation#ready} follows. */
    boolean isReady();

    void leader(Response<KeyValue> leader);

    /** Nothing more will be shown. */
    void failed(Throwable failure);
  }

  /** The handle on a running observation. */
  interface Observation extends AutoCloseable {
    /** The observer can take more. */
    void ready();

    /** Ends it; the observer is told nothing more. */
    @Override
    void close();
  }
}
