package io.holdfast.server.service.member;

import io.holdfast.server.auth.Caller;
import io.holdfast.server.service.Response;
import java.util.concurrent.CompletionStage;

/** What users get when they sign in, and who shows it afterwards. Thread-safe. */
interface Tokens {
  /**
   * A token for a user whose password was right.
   *
   * @param checkedRevision of users and permissions when it was; AUTH_REVISION_OLD when they have
   *     changed since
   */
  CompletionStage<Response<String>> assign(String user, long checkedRevision);

  /**
   * Who shows a token. Cheap.
   *
   * @throws io.holdfast.server.error.StoreException INVALID_AUTH_TOKEN, AUTH_REVISION_OLD
   */
  Caller recognize(String token);

  /** Whether a token is of a change that this member has not applied yet. Cheap. */
  boolean isAhead(String token);
}
