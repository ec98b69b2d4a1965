package io.holdfast.driver;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletionStage;

/**
 * A lease that is kept alive in the background, on whichever endpoint answers. Thread-safe.
 *
 * <p>It survives failures of the servers for as long as the store itself keeps it: {@link
 * #deadline()} moves with every renewal, and only when it passes, or the store denies the lease, is
 * the lease lost.
 */
public interface Lease extends AutoCloseable {
  /** The lease's id, to attach keys to. */
  long id();

  /** The time to live that the server granted. */
  Duration ttl();

  /** Until when the lease is certain to live, by this machine's clock, unless it is revoked. */
  Instant deadline();

  /** Whether the lease still lives, as far as is known here. */
  boolean isAlive();

  /** Stops keeping the lease alive: it expires on its own. */
  void abandon();

  /** Revokes the lease, which deletes its keys, without blocking. */
  CompletionStage<Void> revoke();

  /**
   * Revokes the lease, which deletes its keys. On a callback thread this does not wait for the
   * answer.
   */
  @Override
  void close();
}
