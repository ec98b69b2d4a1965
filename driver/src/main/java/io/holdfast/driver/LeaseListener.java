package io.holdfast.driver;

import java.time.Instant;

/** Told when a lease is lost. */
@FunctionalInterface
public interface LeaseListener {
  /** Why a lease was lost. */
  enum Reason {
    /** No renewal succeeded before the deadline. */
    EXPIRED,
    /** The store does not know the lease any more: somebody revoked it, or it expired there. */
    REVOKED
  }

  /**
   * The lease is gone, or has to be taken for gone. Called at most once, on a callback thread;
   * never for a lease that was closed or abandoned here.
   *
   * @param reason why
   * @param deadline until when the lease was certain to live
   */
  void onLost(Reason reason, Instant deadline);
}
