package io.holdfast.server.service.recipe;

import io.holdfast.server.auth.Caller;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.IndeterminateException;
import io.holdfast.server.error.StatusCode;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.service.KeyValueService;
import io.holdfast.server.service.LeaseService;
import io.holdfast.server.service.WatchService;
import io.holdfast.server.watch.WatchSink;
import io.holdfast.server.watch.WatchStream;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * What the recipes are made of: the use cases that every client has, and a way to come back later.
 *
 * @param aside runs what a watcher sets off, one by one: not on the thread that applies entries
 * @param timer where another attempt waits
 * @param caller on whose behalf, asked at each step; does not throw
 */
public record RecipeTools(
    KeyValueService keyValues,
    LeaseService leases,
    WatchService watches,
    Executor aside,
    ScheduledExecutorService timer,
    Supplier<Caller> caller) {
  private static final long FIRST_DELAY_MILLIS = 50;
  private static final long DELAY_MILLIS_MAX = 1_000;

  /** For nobody, as the use cases are without a caller. */
  public RecipeTools(
      KeyValueService keyValues,
      LeaseService leases,
      WatchService watches,
      Executor aside,
      ScheduledExecutorService timer) {
    this(keyValues, leases, watches, aside, timer, () -> Caller.ANONYMOUS);
  }

  /** The same on somebody's behalf. */
  RecipeTools as(Supplier<Caller> other) {
    return new RecipeTools(keyValues, leases, watches, aside, timer, other);
  }

  @Override
  public KeyValueService keyValues() {
    return keyValues.as(caller.get());
  }

  @Override
  public LeaseService leases() {
    return leases.as(caller.get());
  }

  /**
   * Opens a stream for what a recipe has to wait for. It watches keys that the caller has just read
   * through {@link #keyValues}, and goes on like any watch that was admitted.
   */
  WatchStream watch(WatchSink sink) {
    return watches.open(() -> Caller.CLUSTER, sink);
  }

  /**
   * Runs a task after a while, the longer the more attempts there were.
   *
   * @param attempts from 0
   * @return false when the member is stopping
   */
  boolean later(int attempts, Runnable task) {
    long delay = Math.min(FIRST_DELAY_MILLIS << Math.min(attempts, 5), DELAY_MILLIS_MAX);
    try {
      timer.schedule(task, delay, TimeUnit.MILLISECONDS);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  /**
   * Runs a task aside.
   *
   * @return false when the member is stopping
   */
  boolean aside(Runnable task) {
    try {
      aside.execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  /**
   * Whether the same read may succeed later: there is no leader at the moment, or too much work.
   */
  static boolean mayPass(Throwable failure) {
    return error(failure)
        .filter(error -> error != EtcdError.SERVER_STOPPED)
        .filter(
            error -> error.code() == StatusCode.UNAVAILABLE || error == EtcdError.TOO_MANY_REQUESTS)
        .isPresent();
  }

  private static Optional<EtcdError> error(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof StoreException refusal) {
      return Optional.of(refusal.error());
    }
    if (cause instanceof IndeterminateException unknown) {
      return Optional.of(unknown.error());
    }
    return Optional.empty();
  }
}
