package io.holdfast.driver.internal;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.holdfast.driver.ErrorState;
import io.holdfast.driver.HoldfastException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * One request until its answer, over as many attempts as its time allows.
 *
 * <p>Whether an attempt may be followed by another:
 *
 * <ul>
 *   <li>its headers never left for the wire, or the server refused it unexecuted: always;
 *   <li>it was sent and broke off, and executing it again does no harm: yes;
 *   <li>it was sent and broke off, and it is a write: never; the outcome is unknown.
 * </ul>
 *
 * <p>There is one attempt at a time. Pauses come from the endpoints, so that many requests waiting
 * for one dead member do not knock on it each on their own.
 */
final class UnaryCall<Q, A> {
  private final Caller caller;
  private final MethodDescriptor<Q, A> method;
  private final Q request;
  private final Caller.Kind kind;
  private final boolean withToken;
  private final long timeoutNanos;
  private final long deadlineNanos;
  private final CompletableFuture<A> result = new CompletableFuture<>();
  private final Map<String, String> tried = new LinkedHashMap<>();
  private volatile Attempt current;
  private boolean tokenRenewed;

  UnaryCall(
      Caller caller,
      MethodDescriptor<Q, A> method,
      Q request,
      Caller.Kind kind,
      Duration timeout,
      boolean withToken) {
    this.caller = caller;
    this.method = method;
    this.request = request;
    this.kind = kind;
    this.withToken = withToken;
    this.timeoutNanos = timeout.toNanos();
    this.deadlineNanos = System.nanoTime() + timeoutNanos;
  }

  CompletableFuture<A> result() {
    return result;
  }

  void start() {
    attempt();
  }

  /** Ends the request now; a write that was sent is told apart from one that was not. */
  void abort(HoldfastException reason) {
    Attempt attempt = current;
    boolean open = kind == Caller.Kind.ONCE && attempt != null && attempt.sent;
    result.completeExceptionally(
        open
            ? new HoldfastException(
                reason.errorState(),
                reason.getMessage() + "; the write may or may not have been executed",
                reason.status(),
                List.of(attempt.endpoint.name()),
                0,
                true,
                reason)
            : reason);
    if (attempt != null) {
      attempt.cancel("aborted by the client");
    }
  }

  private void attempt() {
    if (result.isDone()) {
      return;
    }
    long nowNanos = System.nanoTime();
    EndpointPool.Choice choice = caller.endpoints().choose(nowNanos);
    if (nowNanos + choice.waitNanos() - deadlineNanos >= 0) {
      // Even a pause that outlasts the deadline is waited for until then: others may recover.
      waitOrGiveUp(nowNanos);
    } else if (choice.waitNanos() > 0) {
      later(choice.waitNanos());
    } else if (withToken) {
      caller.token().whenComplete((token, failure) -> withToken(choice.endpoint(), token, failure));
    } else {
      send(choice.endpoint(), Optional.empty());
    }
  }

  private void withToken(Endpoint endpoint, Optional<String> token, Throwable failure) {
    if (failure == null) {
      send(endpoint, token);
    } else {
      Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
      result.completeExceptionally(cause);
    }
  }

  private void send(Endpoint endpoint, Optional<String> token) {
    long remainingNanos = deadlineNanos - System.nanoTime();
    if (remainingNanos <= 0) {
      giveUp();
      return;
    }
    if (!result.isDone()) {
      new Attempt(endpoint, token).begin(remainingNanos);
    }
  }

  private void waitOrGiveUp(long nowNanos) {
    long remainingNanos = deadlineNanos - nowNanos;
    if (remainingNanos <= 0) {
      giveUp();
    } else {
      later(remainingNanos);
    }
  }

  private void later(long nanos) {
    try {
      caller.threads().timer().schedule(this::attempt, nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException closed) {
      result.completeExceptionally(Caller.connectionClosed());
    }
  }

  private void giveUp() {
    List<String> reasons = new ArrayList<>();
    List<String> names = tried.isEmpty() ? caller.endpoints().names() : List.copyOf(tried.keySet());
    tried.forEach((endpoint, reason) -> reasons.add(endpoint + ": " + reason));
    result.completeExceptionally(
        new HoldfastException(
            ErrorState.CONNECTION_FAILED,
            "no endpoint answered within "
                + TimeUnit.NANOSECONDS.toMillis(timeoutNanos)
                + " ms; tried "
                + (reasons.isEmpty() ? String.join(", ", names) : String.join("; ", reasons)),
            Status.Code.UNAVAILABLE.name(),
            names,
            0,
            false,
            null));
  }

  private void failed(Attempt attempt, Status status) {
    remember(attempt.endpoint, status);
    if (attempt.token.isPresent() && Errors.isStaleToken(status) && !tokenRenewed) {
      tokenRenewed = true;
      caller.forgetToken(attempt.token.get());
      attempt();
      return;
    }
    boolean once = kind == Caller.Kind.ONCE;
    boolean unexecuted = !attempt.sent || Errors.isRefusedUnexecuted(status);
    boolean abandoned = attempt.abandonedBecause != null;
    if (abandoned || Errors.isWorthRepeating(status)) {
      attempt.endpoint.failed(System.nanoTime());
    }
    if (unexecuted && status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
      giveUp();
    } else if ((abandoned || Errors.isWorthRepeating(status)) && (unexecuted || !once)) {
      attempt();
    } else {
      boolean open = once && attempt.sent && Errors.leavesOutcomeOpen(status);
      result.completeExceptionally(Errors.of(status, List.copyOf(tried.keySet()), 0, open));
    }
  }

  /** That our own deadline passed says less than what the endpoint told before ("refused"). */
  private void remember(Endpoint endpoint, Status status) {
    String reason = Errors.describe(status);
    if (status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
      tried.putIfAbsent(endpoint.name(), reason);
    } else {
      tried.put(endpoint.name(), reason);
    }
  }

  /** One try at one endpoint. Its callbacks come one after the other, on a transport thread. */
  private final class Attempt extends ClientCall.Listener<A> {
    private final Endpoint endpoint;
    private final Optional<String> token;
    private ClientCall<Q, A> call;
    private volatile boolean sent;
    private volatile String abandonedBecause;
    private Future<?> watchdog;
    private A answer;

    Attempt(Endpoint endpoint, Optional<String> token) {
      this.endpoint = endpoint;
      this.token = token;
    }

    void begin(long remainingNanos) {
      boolean ready = endpoint.isReady();
      CallOptions options =
          CallOptions.DEFAULT
              .withDeadlineAfter(remainingNanos, TimeUnit.NANOSECONDS)
              .withStreamTracerFactory(new SentTracer());
      startWatchdog(ready, remainingNanos);
      current = this;
      Metadata headers = new Metadata();
      token.ifPresent(text -> headers.put(Caller.TOKEN, text));
      // A call must not be cancelled by another thread while it is being started.
      synchronized (this) {
        call = endpoint.channel().newCall(method, options);
        call.start(this, headers);
        call.request(2);
        call.sendMessage(request);
        call.halfClose();
      }
      if (result.isDone()) {
        cancel("aborted by the client");
      }
    }

    /** Called before the start it does nothing; the start then looks whether it is still wanted. */
    synchronized void cancel(String reason) {
      if (call != null) {
        call.cancel(reason, null);
      }
    }

    /**
     * Guards against an endpoint that neither accepts nor answers. Needless where the deadline
     * comes first, or where there is nothing better to turn to.
     */
    private void startWatchdog(boolean ready, long remainingNanos) {
      long connectNanos = caller.settings().connectTimeout().toNanos();
      long attemptNanos = caller.settings().attemptTimeout().toNanos();
      boolean mayLeaveAnswer =
          kind == Caller.Kind.REPEATABLE
              && caller.endpoints().size() > 1
              && attemptNanos < remainingNanos;
      if (!ready && connectNanos < remainingNanos) {
        watchdog = schedule(() -> checkConnected(mayLeaveAnswer, attemptNanos), connectNanos);
      } else if (mayLeaveAnswer) {
        watchdog = schedule(() -> abandon("no answer in time"), attemptNanos);
      }
    }

    private void checkConnected(boolean mayLeaveAnswer, long attemptNanos) {
      if (!sent) {
        abandon("no connection in time");
      } else if (mayLeaveAnswer) {
        watchdog = schedule(() -> abandon("no answer in time"), attemptNanos);
      }
    }

    private Future<?> schedule(Runnable task, long nanos) {
      try {
        return caller.threads().timer().schedule(task, nanos, TimeUnit.NANOSECONDS);
      } catch (RejectedExecutionException closed) {
        return CompletableFuture.completedFuture(null);
      }
    }

    private void abandon(String reason) {
      abandonedBecause = reason;
      cancel(reason);
    }

    @Override
    public void onMessage(A message) {
      answer = message;
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (watchdog != null) {
        watchdog.cancel(false);
      }
      if (result.isDone()) {
        return;
      }
      if (status.isOk() && answer != null) {
        endpoint.succeeded();
        result.complete(answer);
      } else if (status.isOk()) {
        failed(
            this, Status.INTERNAL.withDescription("the server ended the call without an answer"));
      } else {
        failed(this, status);
      }
    }

    /** Learns whether the request's headers were handed to a connection. */
    private final class SentTracer extends ClientStreamTracer.Factory {
      @Override
      public ClientStreamTracer newClientStreamTracer(
          ClientStreamTracer.StreamInfo info, Metadata headers) {
        return new ClientStreamTracer() {
          @Override
          public void outboundHeaders() {
            sent = true;
          }
        };
      }
    }
  }
}
