package io.holdfast.server.service.member;

import io.holdfast.server.auth.AuthState;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.service.Response;
import io.holdfast.server.token.Claims;
import io.holdfast.server.token.SignedTokens;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Signed tokens, which every member checks by itself: nothing about them is logged or kept, and a
 * restart does not end them. Each names the auth revision that it was made at; after any change of
 * users and roles its holder has to sign in again for keys, as with etcd, and for everything when
 * it was the holder's own password.
 */
final class CheckableTokens implements Tokens {
  private final MemberContext member;
  private final SignedTokens signed;

  CheckableTokens(MemberContext member, SignedTokens signed) {
    this.member = member;
    this.signed = signed;
  }

  private AuthState state() {
    return member.applier().auth();
  }

  @Override
  public CompletionStage<Response<String>> assign(String user, long checkedRevision) {
    if (!signed.canSign()) {
      return CompletableFuture.failedStage(EtcdError.TOKENS_ARE_ONLY_VERIFIED.asException());
    }
    if (state().revision() != checkedRevision) {
      return CompletableFuture.failedStage(EtcdError.AUTH_REVISION_OLD.asException());
    }
    String token = signed.sign(user, checkedRevision, member.environment().wallMillis());
    return CompletableFuture.completedStage(new Response<>(member.header(), token));
  }

  /** A revision that this cluster has not come to is of another, or of its lost future. */
  @Override
  public Caller recognize(String token) {
    AuthState state = state();
    Claims claims = verified(token);
    if (claims == null || claims.authRevision() > state.revision()) {
      throw EtcdError.INVALID_AUTH_TOKEN.asException();
    }
    return state.signedInAt(claims.user(), claims.authRevision());
  }

  @Override
  public boolean isAhead(String token) {
    Claims claims = verified(token);
    return claims != null && claims.authRevision() > state().revision();
  }

  /** Null for what is not a token of ours. */
  private Claims verified(String token) {
    return signed.verify(token, member.environment().wallMillis()).orElse(null);
  }
}
