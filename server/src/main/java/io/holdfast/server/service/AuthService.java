package io.holdfast.server.service;

import io.holdfast.server.auth.Caller;
import io.holdfast.server.auth.Permission;
import io.holdfast.server.mvcc.KeyRange;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * The use cases of users and roles, and who a caller is. Stages complete exceptionally as those of
 * {@link KeyValueService} do. Once authentication is on, only root changes and lists users and
 * roles; all others are refused with PERMISSION_DENIED.
 */
public interface AuthService {
  /** Whether requests need somebody who has signed in; cheap. */
  boolean isEnabled();

  /**
   * Who shows a token; its life begins anew. Cheap, asked by any thread.
   *
   * @throws io.holdfast.server.error.StoreException INVALID_AUTH_TOKEN; AUTH_REVISION_OLD for a
   *     signed token from before the user's password changed
   */
  Caller recognize(String token);

  /** Whether a token is of a change that this member has not applied yet; cheap. */
  boolean isAhead(String token);

  /** Completes when this member has applied everything that was acknowledged before now. */
  CompletionStage<?> catchUp();

  /**
   * @throws io.holdfast.server.error.StoreException USER_NAME_IS_EMPTY for an anonymous caller
   *     while authentication is on
   */
  void checkSignedIn(Caller caller);

  /**
   * @throws io.holdfast.server.error.StoreException when authentication is on and the caller does
   *     not have the role root
   */
  void checkRoot(Caller caller);

  /** Allowed to everybody. */
  CompletionStage<Response<AuthStatus>> status();

  /** ROOT_USER_DOES_NOT_EXIST, ROOT_USER_DOES_NOT_HAVE_ROOT_ROLE. */
  CompletionStage<Response<Void>> enable(Caller caller);

  CompletionStage<Response<Void>> disable(Caller caller);

  /**
   * Signs a user in, with all members. Unknown users and wrong passwords are refused alike and
   * after the same time.
   *
   * @return the token to be shown from now on. AUTHENTICATION_IS_NOT_ENABLED,
   *     AUTHENTICATION_FAILED; TOKENS_ARE_ONLY_VERIFIED on a member without the key to sign them;
   *     TOO_MANY_REQUESTS when too many passwords wait to be checked
   */
  CompletionStage<Response<String>> authenticate(String user, String password);

  /**
   * @param noPassword whether the user signs in by certificate only; the password is ignored then
   */
  CompletionStage<Response<Void>> userAdd(
      Caller caller, String name, String password, boolean noPassword);

  /** The roles of a user. Everybody may ask about themselves. */
  CompletionStage<Response<List<String>>> userRoles(Caller caller, String name);

  CompletionStage<Response<List<String>>> userList(Caller caller);

  CompletionStage<Response<Void>> userDelete(Caller caller, String name);

  CompletionStage<Response<Void>> userChangePassword(Caller caller, String name, String password);

  CompletionStage<Response<Void>> userGrantRole(Caller caller, String user, String role);

  CompletionStage<Response<Void>> userRevokeRole(Caller caller, String user, String role);

  CompletionStage<Response<Void>> roleAdd(Caller caller, String name);

  /** What a role allows. Everybody may ask about the roles they have. */
  CompletionStage<Response<List<Permission>>> rolePermissions(Caller caller, String name);

  CompletionStage<Response<List<String>>> roleList(Caller caller);

  CompletionStage<Response<Void>> roleDelete(Caller caller, String name);

  CompletionStage<Response<Void>> roleGrantPermission(
      Caller caller, String role, Permission permission);

  CompletionStage<Response<Void>> roleRevokePermission(Caller caller, String role, KeyRange range);
}
