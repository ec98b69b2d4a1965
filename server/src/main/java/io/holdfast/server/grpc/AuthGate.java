package io.holdfast.server.grpc;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.service.AuthService;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Lets through only calls that {@link AuthRules} allow, once authentication is on, and notes for
 * their handlers whose they are. Calls that began before that are nobody's from then on.
 */
final class AuthGate implements ServerInterceptor {
  private static final Metadata.Key<String> TOKEN =
      Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final String BEARER = "Bearer ";

  private final AuthService auth;
  private final Function<Throwable, StatusRuntimeException> failures;

  /**
   * @param failures makes what a refused call is to be closed with
   */
  AuthGate(AuthService auth, Function<Throwable, StatusRuntimeException> failures) {
    this.auth = auth;
    this.failures = failures;
  }

  /**
   * A token that another member has just assigned is waited for: clients go from member to member.
   * The call begins where it would have begun, not on the thread that tells the member's progress:
   * that one has other work, and handlers stay on the thread that they begin on.
   */
  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    if (!auth.isEnabled()) {
      return next.startCall(call, headers);
    }
    Credential credential = new Credential(auth, token(headers));
    Context context = credential.attachedTo(Context.current());
    Supplier<ServerCall.Listener<Q>> start = () -> begin(credential, context, call, headers, next);
    if (!credential.isAhead()) {
      return start.get();
    }
    DeferredCall<Q> deferred = new DeferredCall<>();
    auth.catchUp()
        .whenCompleteAsync(
            (done, failure) ->
                deferred.begin(failure == null ? start : () -> refuse(call, failure)),
            CallLoop.current());
    return deferred;
  }

  private <Q, R> ServerCall.Listener<Q> begin(
      Credential credential,
      Context context,
      ServerCall<Q, R> call,
      Metadata headers,
      ServerCallHandler<Q, R> next) {
    try {
      check(call.getMethodDescriptor().getFullMethodName(), credential);
    } catch (StoreException refusal) {
      return refuse(call, refusal);
    }
    return Contexts.interceptCall(context, call, headers, next);
  }

  private <Q, R> ServerCall.Listener<Q> refuse(ServerCall<Q, R> call, Throwable refusal) {
    call.close(failures.apply(refusal).getStatus(), new Metadata());
    return new ServerCall.Listener<>() {};
  }

  private void check(String method, Credential credential) {
    AuthRules.Rule rule =
        AuthRules.of(method).orElseThrow(EtcdError.PERMISSION_DENIED::asException);
    if (rule == AuthRules.Rule.OPEN) {
      return;
    }
    Caller caller = credential.caller();
    auth.checkSignedIn(caller);
    if (rule == AuthRules.Rule.ROOT) {
      auth.checkRoot(caller);
    }
  }

  private static Optional<String> token(Metadata headers) {
    String token = headers.get(TOKEN);
    if (token == null) {
      token = headers.get(AUTHORIZATION);
    }
    return Optional.ofNullable(token)
        .map(text -> text.startsWith(BEARER) ? text.substring(BEARER.length()) : text);
  }
}
