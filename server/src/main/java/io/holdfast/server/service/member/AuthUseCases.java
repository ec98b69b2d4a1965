package io.holdfast.server.service.member;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.PermissionGate;
import io.holdfast.server.auth.AccessKind;
import io.holdfast.server.auth.AuthState;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.auth.Permission;
import io.holdfast.server.auth.Role;
import io.holdfast.server.auth.User;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.service.AuthService;
import io.holdfast.server.service.AuthStatus;
import io.holdfast.server.service.Response;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Users and roles: changed through the log, read beside it. Passwords end here: what goes on is a
 * hash, made off the event loops and only for whom the change is allowed.
 */
final class AuthUseCases implements AuthService {
  /** Users that change all the time must not keep a member hashing for ever. */
  private static final int SIGN_IN_ATTEMPTS_MAX = 3;

  private final MemberContext member;
  private final CommandPath commands;
  private final ReadPath reads;
  private final Tokens tokens;
  private final PasswordHasher passwords;

  AuthUseCases(
      MemberContext member,
      CommandPath commands,
      ReadPath reads,
      Tokens tokens,
      PasswordHasher passwords) {
    this.member = member;
    this.commands = commands;
    this.reads = reads;
    this.tokens = tokens;
    this.passwords = passwords;
  }

  private AuthState state() {
    return member.applier().auth();
  }

  @Override
  public boolean isEnabled() {
    return state().isEnabled();
  }

  @Override
  public Caller recognize(String token) {
    return tokens.recognize(token);
  }

  @Override
  public boolean isAhead(String token) {
    return tokens.isAhead(token);
  }

  @Override
  public CompletionStage<Long> catchUp() {
    return reads.confirm();
  }

  @Override
  public void checkSignedIn(Caller caller) {
    state().checkSignedIn(caller);
  }

  @Override
  public void checkRoot(Caller caller) {
    state().checkRoot(caller);
  }

  @Override
  public CompletionStage<Response<AuthStatus>> status() {
    return reads.read(
        true,
        false,
        store -> {
          AuthState state = state();
          return new Response<>(
              member.header(store.currentRevision()),
              new AuthStatus(state.isEnabled(), state.revision()));
        });
  }

  @Override
  public CompletionStage<Response<Void>> enable(Caller caller) {
    return change(caller, new Command.AuthEnable());
  }

  @Override
  public CompletionStage<Response<Void>> disable(Caller caller) {
    return change(caller, new Command.AuthDisable());
  }

  @Override
  public CompletionStage<Response<String>> authenticate(String user, String password) {
    return reads
        .read(true, false, store -> state())
        .thenCompose(confirmed -> signIn(user, password, SIGN_IN_ATTEMPTS_MAX));
  }

  private CompletionStage<Response<String>> signIn(String name, String password, int attempts) {
    AuthState state = state();
    if (!state.isEnabled()) {
      return refused(EtcdError.AUTHENTICATION_IS_NOT_ENABLED);
    }
    User user = state.users().get(name);
    return passwords
        .matches(password, user == null ? "" : user.passwordHash())
        .thenCompose(
            matches ->
                matches
                    ? tokens.assign(name, state.revision())
                    : CompletableFuture.<Response<String>>failedStage(
                        EtcdError.AUTHENTICATION_FAILED.asException()))
        .handle(
            (response, failure) -> {
              if (failure == null) {
                return CompletableFuture.completedStage(response);
              }
              Throwable cause = CommandPath.unwrap(failure);
              return isOld(cause) && attempts > 1
                  ? signIn(name, password, attempts - 1)
                  : CompletableFuture.<Response<String>>failedStage(cause);
            })
        .thenCompose(stage -> stage);
  }

  private static boolean isOld(Throwable failure) {
    return failure instanceof StoreException refusal
        && refusal.error() == EtcdError.AUTH_REVISION_OLD;
  }

  @Override
  public CompletionStage<Response<Void>> userAdd(
      Caller caller, String name, String password, boolean noPassword) {
    Command.UserAdd withoutHash = new Command.UserAdd(name, "", noPassword);
    return noPassword
        ? change(caller, withoutHash)
        : hashed(caller, withoutHash, password, hash -> new Command.UserAdd(name, hash, false));
  }

  @Override
  public CompletionStage<Response<Void>> userChangePassword(
      Caller caller, String name, String password) {
    return hashed(
        caller,
        new Command.UserChangePassword(name, ""),
        password,
        hash -> new Command.UserChangePassword(name, hash));
  }

  /** Hashing is work: it is done only for whom the change is allowed. */
  private CompletionStage<Response<Void>> hashed(
      Caller caller, Command withoutHash, String password, Function<String, Command> command) {
    try {
      PermissionGate.check(state(), caller, withoutHash);
    } catch (StoreException e) {
      return CompletableFuture.failedStage(e);
    }
    return passwords.hash(password).thenCompose(hash -> change(caller, command.apply(hash)));
  }

  @Override
  public CompletionStage<Response<List<String>>> userRoles(Caller caller, String name) {
    return read(
        caller,
        (state, known) -> {
          if (!name.equals(known)) {
            state.checkRoot(caller);
          }
          return state.user(name).roles();
        });
  }

  @Override
  public CompletionStage<Response<List<String>>> userList(Caller caller) {
    return read(
        caller,
        (state, known) -> {
          state.checkRoot(caller);
          return List.copyOf(state.users().keySet());
        });
  }

  @Override
  public CompletionStage<Response<Void>> userDelete(Caller caller, String name) {
    return change(caller, new Command.UserDelete(name));
  }

  @Override
  public CompletionStage<Response<Void>> userGrantRole(Caller caller, String user, String role) {
    return change(caller, new Command.UserGrantRole(user, role));
  }

  @Override
  public CompletionStage<Response<Void>> userRevokeRole(Caller caller, String user, String role) {
    return change(caller, new Command.UserRevokeRole(user, role));
  }

  @Override
  public CompletionStage<Response<Void>> roleAdd(Caller caller, String name) {
    return change(caller, new Command.RoleAdd(name));
  }

  @Override
  public CompletionStage<Response<List<Permission>>> rolePermissions(Caller caller, String name) {
    return read(
        caller,
        (state, known) -> {
          if (!state.users().containsKey(known) || !state.user(known).roles().contains(name)) {
            state.checkRoot(caller);
          }
          List<Permission> permissions = state.role(name).permissions();
          return name.equals(Role.ROOT)
              ? List.of(new Permission(KeyRange.fromKey(new byte[0]), AccessKind.READ_WRITE))
              : permissions;
        });
  }

  @Override
  public CompletionStage<Response<List<String>>> roleList(Caller caller) {
    return read(
        caller,
        (state, known) -> {
          state.checkRoot(caller);
          return List.copyOf(state.roles().keySet());
        });
  }

  @Override
  public CompletionStage<Response<Void>> roleDelete(Caller caller, String name) {
    return change(caller, new Command.RoleDelete(name));
  }

  @Override
  public CompletionStage<Response<Void>> roleGrantPermission(
      Caller caller, String role, Permission permission) {
    return change(caller, new Command.RoleGrantPermission(role, permission));
  }

  @Override
  public CompletionStage<Response<Void>> roleRevokePermission(
      Caller caller, String role, KeyRange range) {
    return change(caller, new Command.RoleRevokePermission(role, range));
  }

  private CompletionStage<Response<Void>> change(Caller caller, Command command) {
    try {
      PermissionGate.check(state(), caller, command);
    } catch (StoreException e) {
      return CompletableFuture.failedStage(e);
    }
    return commands.execute(caller, command, done -> null);
  }

  /**
   * @param reader is given the state and the caller's name; empty for one without
   */
  private <T> CompletionStage<Response<T>> read(
      Caller caller, BiFunction<AuthState, String, T> reader) {
    String known = caller instanceof Caller.SignedIn signedIn ? signedIn.user() : "";
    return reads.read(
        true,
        false,
        store -> {
          AuthState state = state();
          state.checkSignedIn(caller);
          return new Response<>(member.header(store.currentRevision()), reader.apply(state, known));
        });
  }

  private static <T> CompletionStage<Response<T>> refused(EtcdError error) {
    return CompletableFuture.failedStage(error.asException());
  }
}
