package io.holdfast.server.grpc;

import io.grpc.Context;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.service.AuthService;
import java.util.Optional;

/**
 * What a call shows of its caller, for as long as it lasts. Streams outlive tokens and permissions:
 * each of their requests asks anew who the caller is.
 */
final class Credential {
  private static final Credential NONE = new Credential(null, Optional.empty());
  private static final Context.Key<Credential> KEY =
      Context.keyWithDefault("holdfast-credential", NONE);

  private final AuthService auth;
  private final Optional<String> token;

  /**
   * @param auth asked who shows a token; not needed without one
   */
  Credential(AuthService auth, Optional<String> token) {
    this.auth = auth;
    this.token = token;
  }

  /** That of the call whose handler runs on this thread. */
  static Credential current() {
    return KEY.get();
  }

  Context attachedTo(Context context) {
    return context.withValue(KEY, this);
  }

  /** Whether the token is of a change that this member has not applied yet. */
  boolean isAhead() {
    return token.isPresent() && auth.isAhead(token.get());
  }

  /**
   * Who the caller is now; a token's life begins anew.
   *
   * @throws StoreException INVALID_AUTH_TOKEN, AUTH_REVISION_OLD
   */
  Caller caller() {
    return token.isPresent() ? auth.recognize(token.get()) : Caller.ANONYMOUS;
  }

  /** The same without an exception: whose token has ended is nobody. */
  Caller callerOrNobody() {
    try {
      return caller();
    } catch (StoreException ended) {
      return Caller.ANONYMOUS;
    }
  }
}
