package io.holdfast.driver.internal;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.holdfast.api.etcdserverpb.WatchGrpc;
import io.holdfast.api.etcdserverpb.WatchRequest;
import io.holdfast.api.etcdserverpb.WatchResponse;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * One stream of one watch to one endpoint. Asks for one message at a time, so that a slow listener
 * holds back the server and not this process's memory.
 */
final class WatchStream extends ClientCall.Listener<WatchResponse> {
  private static final Metadata.Key<String> REQUIRE_LEADER =
      Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);
  private static final long LONG_LIFE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final ManagedWatch watch;
  private final Caller caller;
  private final Endpoint endpoint;
  private final Optional<String> token;
  private final long openedNanos = System.nanoTime();
  private final Object starting = new Object();
  private volatile ClientCall<WatchRequest, WatchResponse> call;
  private boolean cancelled;
  private volatile boolean established;
  private volatile boolean givenUp;
  private Future<?> watchdog;

  WatchStream(ManagedWatch watch, Caller caller, Endpoint endpoint, Optional<String> token) {
    this.watch = watch;
    this.caller = caller;
    this.endpoint = endpoint;
    this.token = token;
  }

  Endpoint endpoint() {
    return endpoint;
  }

  Optional<String> token() {
    return token;
  }

  void open(WatchRequest create) {
    Metadata headers = new Metadata();
    if (caller.settings().requireLeader()) {
      headers.put(REQUIRE_LEADER, "true");
    }
    token.ifPresent(text -> headers.put(Caller.TOKEN, text));
    // A call must not be cancelled by another thread while it is being started.
    synchronized (starting) {
      if (cancelled) {
        watch.post(() -> watch.broken(this, Status.CANCELLED));
        return;
      }
      call = endpoint.channel().newCall(WatchGrpc.getWatchMethod(), CallOptions.DEFAULT);
      call.start(this, headers);
      call.request(1);
      call.sendMessage(create);
    }
    long patienceNanos =
        caller.settings().connectTimeout().plus(caller.settings().attemptTimeout()).toNanos();
    try {
      watchdog =
          caller
              .threads()
              .timer()
              .schedule(this::giveUpUnlessEstablished, patienceNanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException closed) {
      cancel();
    }
  }

  private void giveUpUnlessEstablished() {
    if (!established) {
      givenUp = true;
      call.cancel("the watch was not established in time", null);
    }
  }

  /** The server has registered the watch. */
  void established() {
    established = true;
    endpoint.succeeded();
    if (watchdog != null) {
      watchdog.cancel(false);
    }
  }

  /** Whether the stream worked for so long that its end is no reason to slow down. */
  boolean livedLong() {
    return established && System.nanoTime() - openedNanos > LONG_LIFE_NANOS;
  }

  void requestNext() {
    call.request(1);
  }

  void cancel() {
    synchronized (starting) {
      cancelled = true;
      if (call != null) {
        call.cancel("the watch has ended", null);
      }
    }
  }

  @Override
  public void onMessage(WatchResponse response) {
    if (response.getCreated() && !response.getCanceled()) {
      established = true;
    }
    watch.post(() -> watch.received(this, response));
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    if (watchdog != null) {
      watchdog.cancel(false);
    }
    Status reason =
        status.isOk() ? Status.UNAVAILABLE.withDescription("the server ended the stream") : status;
    if (givenUp || Errors.isWorthRepeating(reason)) {
      endpoint.failed(System.nanoTime());
    }
    watch.post(() -> watch.broken(this, reason));
  }
}
