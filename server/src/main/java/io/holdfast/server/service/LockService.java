package io.holdfast.server.service;

import io.holdfast.server.auth.Caller;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Locks that clients name, held through leases. Requests for one name are served in the order in
 * which they reached the log, whichever member took them. Any thread may call; nothing blocks.
 */
public interface LockService {
  /**
   * The same on somebody's behalf; without it for {@link Caller#ANONYMOUS}.
   *
   * @param caller asked at each step, as waiting may take longer than permissions last; does not
   *     throw
   */
  LockService as(Supplier<Caller> caller);

  /**
   * Waits until the lock is held by the lease. Asking again with the lease that holds it succeeds
   * at once.
   *
   * <p>The answer is given only while the lock's key exists, and so the lease lives. A wait whose
   * lease ends fails with LOCK_SESSION_EXPIRED; an unknown lease with LEASE_NOT_FOUND.
   *
   * @param name may be empty
   * @param leaseId 0 to have one of 60 s granted, which the caller may keep alive: its id is the
   *     hexadecimal end of the key
   */
  Waiting<HeldLock> lock(byte[] name, long leaseId);

  /** Deletes a lock's key, if it exists. */
  CompletionStage<Response<Void>> unlock(byte[] key);
}
