package io.holdfast.driver.internal;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.holdfast.api.etcdserverpb.AuthGrpc;
import io.holdfast.api.etcdserverpb.AuthenticateRequest;
import io.holdfast.api.etcdserverpb.AuthenticateResponse;
import io.holdfast.driver.ErrorState;
import io.holdfast.driver.HoldfastException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Sends requests: counts them, gives them a deadline and a token, and fails them all when the
 * connection closes. How one request is tried and tried again is {@link UnaryCall}'s business.
 */
final class Caller {
  /** Whether a request may be executed more than once. */
  enum Kind {
    /** Executing it again does no harm. */
    REPEATABLE,
    /** It may be sent again only while it is certain that it was not executed. */
    ONCE
  }

  static final Metadata.Key<String> TOKEN =
      Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);

  private final Settings settings;
  private final EndpointPool endpoints;
  private final DriverThreads threads;
  private final Set<UnaryCall<?, ?>> inFlight = ConcurrentHashMap.newKeySet();
  private final AtomicInteger inFlightCount = new AtomicInteger();
  private volatile boolean closed;
  private CompletableFuture<String> token;

  Caller(Settings settings, EndpointPool endpoints, DriverThreads threads) {
    this.settings = settings;
    this.endpoints = endpoints;
    this.threads = threads;
  }

  Settings settings() {
    return settings;
  }

  EndpointPool endpoints() {
    return endpoints;
  }

  DriverThreads threads() {
    return threads;
  }

  boolean isClosed() {
    return closed;
  }

  /** Sends a request within the default time. */
  <Q, A> CompletableFuture<A> call(MethodDescriptor<Q, A> method, Q request, Kind kind) {
    return call(method, request, kind, settings.requestTimeout());
  }

  /** Sends a request; the answer completes exceptionally only with {@link HoldfastException}. */
  <Q, A> CompletableFuture<A> call(
      MethodDescriptor<Q, A> method, Q request, Kind kind, Duration timeout) {
    return start(
        new UnaryCall<>(this, method, request, kind, timeout, settings.user().isPresent()));
  }

  private <Q, A> CompletableFuture<A> start(UnaryCall<Q, A> call) {
    if (closed) {
      return CompletableFuture.failedFuture(connectionClosed());
    }
    if (inFlightCount.incrementAndGet() > settings.inFlightMax()) {
      inFlightCount.decrementAndGet();
      return CompletableFuture.failedFuture(
          new HoldfastException(
              ErrorState.TOO_MANY_REQUESTS,
              settings.inFlightMax()
                  + " requests are in flight already; send fewer at once or raise inFlightMax"));
    }
    inFlight.add(call);
    call.result()
        .whenComplete(
            (answer, failure) -> {
              inFlight.remove(call);
              inFlightCount.decrementAndGet();
            });
    call.start();
    if (closed) {
      call.abort(connectionClosed());
    }
    return call.result();
  }

  /** The token to send, fetched when it is first needed; empty when no user is given. */
  CompletableFuture<Optional<String>> token() {
    if (settings.user().isEmpty()) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    synchronized (this) {
      if (token == null || token.isCompletedExceptionally()) {
        token = authenticate();
      }
      return token.thenApply(Optional::of);
    }
  }

  private CompletableFuture<String> authenticate() {
    AuthenticateRequest request =
        AuthenticateRequest.newBuilder()
            .setName(settings.user().orElseThrow())
            .setPassword(settings.password().orElseThrow())
            .build();
    UnaryCall<AuthenticateRequest, AuthenticateResponse> call =
        new UnaryCall<>(
            this,
            AuthGrpc.getAuthenticateMethod(),
            request,
            Kind.REPEATABLE,
            settings.requestTimeout(),
            false);
    return start(call).thenApply(AuthenticateResponse::getToken);
  }

  /** Forgets a token that the server refused, unless a newer one has taken its place. */
  synchronized void forgetToken(String refused) {
    if (token != null && refused.equals(token.getNow(""))) {
      token = null;
    }
  }

  static HoldfastException connectionClosed() {
    return new HoldfastException(
        ErrorState.CONNECTION_CLOSED, "the connection was closed by its owner");
  }

  /** The failure of a stream or request at one endpoint. */
  static HoldfastException failure(Status status, String endpoint) {
    return Errors.of(status, List.of(endpoint), 0, false);
  }

  /** Fails every request in flight and refuses further ones. */
  void close() {
    closed = true;
    for (UnaryCall<?, ?> call : inFlight) {
      call.abort(connectionClosed());
    }
  }
}
