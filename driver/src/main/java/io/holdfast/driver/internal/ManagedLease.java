package io.holdfast.driver.internal;

import io.holdfast.api.etcdserverpb.LeaseKeepAliveResponse;
import io.holdfast.driver.ErrorState;
import io.holdfast.driver.HoldfastException;
import io.holdfast.driver.Lease;
import io.holdfast.driver.LeaseListener;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A lease and the renewals that keep it.
 *
 * <p>The deadline counts from when a renewal was <em>sent</em>: the server cannot have begun the
 * new period earlier. A renewal is due after a third of the time to live, so that two may fail; one
 * that fails is tried again at once, on every endpoint, until the deadline.
 */
final class ManagedLease implements Lease {
  private static final int RENEWALS_PER_TTL = 3;
  private static final Duration RENEWAL_TIMEOUT_MIN = Duration.ofMillis(100);

  private enum State {
    ALIVE,
    LOST,
    ENDED
  }

  private final Caller caller;
  private final Requests requests;
  private final LeaseListener listener;
  private final Consumer<ManagedLease> onEnd;
  private final long id;
  private final Duration ttl;
  private long deadlineNanos;
  private State state = State.ALIVE;
  private Future<?> nextRenewal;

  private ManagedLease(
      Caller caller,
      Requests requests,
      LeaseListener listener,
      Consumer<ManagedLease> onEnd,
      long id,
      Duration ttl,
      long sentNanos) {
    this.caller = caller;
    this.requests = requests;
    this.listener = listener;
    this.onEnd = onEnd;
    this.id = id;
    this.ttl = ttl;
    this.deadlineNanos = sentNanos + ttl.toNanos();
  }

  static CompletableFuture<ManagedLease> grant(
      Caller caller,
      Requests requests,
      Duration ttl,
      LeaseListener listener,
      Consumer<ManagedLease> onEnd) {
    if (ttl.compareTo(Duration.ofSeconds(1)) < 0) {
      return CompletableFuture.failedFuture(
          HoldfastException.invalidArgument("a lease lives at least 1 second, not " + ttl));
    }
    long ttlSeconds = ttl.toSeconds() + (ttl.toNanosPart() > 0 ? 1 : 0);
    long sentNanos = System.nanoTime();
    return requests
        .grantLease(ttlSeconds)
        .thenApply(
            granted -> {
              Duration grantedTtl = Duration.ofSeconds(granted.getTTL());
              ManagedLease lease =
                  new ManagedLease(
                      caller, requests, listener, onEnd, granted.getID(), grantedTtl, sentNanos);
              lease.renewAfter(grantedTtl.toNanos() / RENEWALS_PER_TTL);
              return lease;
            });
  }

  @Override
  public long id() {
    return id;
  }

  @Override
  public Duration ttl() {
    return ttl;
  }

  @Override
  public synchronized Instant deadline() {
    return Instant.now().plusNanos(deadlineNanos - System.nanoTime());
  }

  @Override
  public synchronized boolean isAlive() {
    return state == State.ALIVE && deadlineNanos - System.nanoTime() > 0;
  }

  private synchronized void renewAfter(long nanos) {
    if (state != State.ALIVE) {
      return;
    }
    try {
      nextRenewal = caller.threads().timer().schedule(this::renew, nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException closed) {
      state = State.ENDED;
    }
  }

  private void renew() {
    long sentNanos = System.nanoTime();
    long remainingNanos;
    synchronized (this) {
      if (state != State.ALIVE) {
        return;
      }
      remainingNanos = deadlineNanos - sentNanos;
    }
    if (remainingNanos <= 0) {
      lost(LeaseListener.Reason.EXPIRED);
      return;
    }
    long timeoutNanos =
        Math.max(
            RENEWAL_TIMEOUT_MIN.toNanos(),
            Math.min(remainingNanos, caller.settings().requestTimeout().toNanos()));
    requests
        .keepLeaseAlive(id, Duration.ofNanos(timeoutNanos))
        .whenComplete((response, failure) -> renewed(sentNanos, response, failure));
  }

  private void renewed(long sentNanos, LeaseKeepAliveResponse response, Throwable failure) {
    if (failure != null) {
      renewAfter(Math.max(0, pauseAfterFailureNanos()));
      return;
    }
    if (response.getTTL() <= 0) {
      lost(LeaseListener.Reason.REVOKED);
      return;
    }
    synchronized (this) {
      deadlineNanos = sentNanos + TimeUnit.SECONDS.toNanos(response.getTTL());
    }
    renewAfter(TimeUnit.SECONDS.toNanos(response.getTTL()) / RENEWALS_PER_TTL);
  }

  /** A short pause, but never past the deadline, which has to be noticed in time. */
  private synchronized long pauseAfterFailureNanos() {
    long pauseNanos =
        Endpoint.pauseNanos(
            1, caller.settings().backoffMin().toNanos(), caller.settings().backoffMax().toNanos());
    return Math.min(pauseNanos, deadlineNanos - System.nanoTime());
  }

  private void lost(LeaseListener.Reason reason) {
    Instant deadline;
    synchronized (this) {
      if (state != State.ALIVE) {
        return;
      }
      state = State.LOST;
      deadline = deadline();
    }
    onEnd.accept(this);
    caller.threads().callBack(() -> listener.onLost(reason, deadline));
  }

  @Override
  public void abandon() {
    synchronized (this) {
      if (state == State.ALIVE) {
        state = State.ENDED;
      }
      if (nextRenewal != null) {
        nextRenewal.cancel(false);
      }
    }
    onEnd.accept(this);
  }

  @Override
  public CompletionStage<Void> revoke() {
    boolean wasLost;
    synchronized (this) {
      wasLost = state == State.LOST;
    }
    abandon();
    if (wasLost) {
      return CompletableFuture.completedFuture(null);
    }
    return revokeNow().minimalCompletionStage();
  }

  private CompletableFuture<Void> revokeNow() {
    CompletableFuture<Void> revoked = new CompletableFuture<>();
    requests
        .revokeLease(id)
        .whenComplete(
            (response, failure) -> caller.threads().callBack(() -> complete(revoked, failure)));
    return revoked;
  }

  private static void complete(CompletableFuture<Void> revoked, Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    boolean gone =
        cause instanceof HoldfastException known && known.errorState() == ErrorState.LEASE_LOST;
    if (cause == null || gone) {
      revoked.complete(null);
    } else {
      revoked.completeExceptionally(cause);
    }
  }

  @Override
  public void close() {
    CompletableFuture<Void> revoked = revoke().toCompletableFuture();
    if (caller.threads().onCallbackThread()) {
      return;
    }
    try {
      revoked.get();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException failed) {
      throw StoreConnection.thrown(failed.getCause());
    }
  }
}
