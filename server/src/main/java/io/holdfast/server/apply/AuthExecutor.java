package io.holdfast.server.apply;

import io.holdfast.server.auth.AuthState;
import io.holdfast.server.auth.AuthStore;
import io.holdfast.server.auth.Token;
import io.holdfast.server.auth.TokenBook;
import io.holdfast.server.auth.User;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.InvariantViolation;

/** Executes the commands that change users and roles, and signs users in. Loop thread only. */
final class AuthExecutor {
  private final AuthStore store;
  private final TokenBook tokens;

  AuthExecutor(AuthStore store, TokenBook tokens) {
    this.store = store;
    this.tokens = tokens;
  }

  /** Tokens of users that change die with the change. */
  void execute(Command.AuthChange change) {
    if (change instanceof Command.AuthEnable) {
      store.enable();
    } else if (change instanceof Command.AuthDisable) {
      store.disable();
      tokens.endAll();
    } else if (change instanceof Command.UserAdd add) {
      store.addUser(add.name(), add.passwordHash(), add.noPassword());
    } else if (change instanceof Command.UserDelete delete) {
      store.deleteUser(delete.name());
      tokens.endUser(delete.name());
    } else if (change instanceof Command.UserChangePassword password) {
      store.changePassword(password.name(), password.passwordHash());
      tokens.endUser(password.name());
    } else if (change instanceof Command.UserGrantRole grant) {
      store.grantRole(grant.user(), grant.role());
    } else if (change instanceof Command.UserRevokeRole revoke) {
      store.revokeRole(revoke.user(), revoke.role());
    } else if (change instanceof Command.RoleAdd add) {
      store.addRole(add.name());
    } else if (change instanceof Command.RoleDelete delete) {
      store.deleteRole(delete.name());
    } else if (change instanceof Command.RoleGrantPermission grant) {
      store.grantPermission(grant.role(), grant.permission());
    } else if (change instanceof Command.RoleRevokePermission revoke) {
      store.revokePermission(revoke.role(), revoke.range());
    } else {
      throw new InvariantViolation(
          "every change of users can be executed", change.getClass().getName());
    }
  }

  /**
   * Signs a user in.
   *
   * @throws io.holdfast.server.error.StoreException AUTHENTICATION_IS_NOT_ENABLED,
   *     AUTHENTICATION_FAILED, AUTH_REVISION_OLD when users have changed since the password was
   *     checked
   */
  void execute(Command.Authenticate signIn, long index, long nowNanos) {
    AuthState state = store.state();
    if (!state.isEnabled()) {
      throw EtcdError.AUTHENTICATION_IS_NOT_ENABLED.asException();
    }
    User user = state.users().get(signIn.user());
    if (user == null || user.noPassword()) {
      throw EtcdError.AUTHENTICATION_FAILED.asException();
    }
    if (signIn.checkedRevision() != state.revision()) {
      throw EtcdError.AUTH_REVISION_OLD.asException();
    }
    tokens.assign(Token.key(signIn.tokenDigest(), index), signIn.user(), nowNanos);
  }
}
