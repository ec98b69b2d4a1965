package io.holdfast.compatibility;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.holdfast.api.authpb.Permission;
import io.holdfast.api.authpb.UserAddOptions;
import io.holdfast.api.etcdserverpb.AuthDisableRequest;
import io.holdfast.api.etcdserverpb.AuthEnableRequest;
import io.holdfast.api.etcdserverpb.AuthRoleAddRequest;
import io.holdfast.api.etcdserverpb.AuthRoleDeleteRequest;
import io.holdfast.api.etcdserverpb.AuthRoleGetRequest;
import io.holdfast.api.etcdserverpb.AuthRoleGrantPermissionRequest;
import io.holdfast.api.etcdserverpb.AuthRoleListRequest;
import io.holdfast.api.etcdserverpb.AuthRoleRevokePermissionRequest;
import io.holdfast.api.etcdserverpb.AuthUserAddRequest;
import io.holdfast.api.etcdserverpb.AuthUserChangePasswordRequest;
import io.holdfast.api.etcdserverpb.AuthUserDeleteRequest;
import io.holdfast.api.etcdserverpb.AuthUserGetRequest;
import io.holdfast.api.etcdserverpb.AuthUserGrantRoleRequest;
import io.holdfast.api.etcdserverpb.AuthUserListRequest;
import io.holdfast.api.etcdserverpb.AuthUserRevokeRoleRequest;
import io.holdfast.api.etcdserverpb.AuthenticateRequest;
import java.util.List;
import java.util.Optional;

/**
 * Random requests about users and roles. Root has one password for ever, so that authentication can
 * be turned off after every script.
 */
final class AuthCalls {
  private static final String ROOT = "root";
  private static final String PASSWORD = "a password";
  private static final List<String> USERS = List.of(ROOT, "alice", "bob", "carol");
  private static final List<String> ROLES = List.of(ROOT, "reader", "writer", "both");

  /** How a script's users are told to be root between two scripts. */
  static final AuthenticateRequest SIGN_IN_AS_ROOT = signIn(ROOT, PASSWORD);

  /** Older etcds end when they are given no permission to grant. */
  private static final ApiLevel CHECKS_PERMISSIONS = new ApiLevel(3, 5);

  private final Dice dice;
  private final boolean missingPermissions;

  AuthCalls(Dice dice, ApiLevel etcd) {
    this.dice = dice;
    this.missingPermissions = etcd.compareTo(CHECKS_PERMISSIONS) >= 0;
  }

  /** Makes root and another user and, mostly, turns authentication on. */
  List<Step> beginning() {
    List<Step> steps =
        List.of(
            step(Call.USER_ADD, user(ROOT, PASSWORD)),
            step(Call.USER_GRANT_ROLE, grant(ROOT, ROOT)),
            step(Call.USER_ADD, user("alice", PASSWORD)),
            step(Call.ROLE_ADD, AuthRoleAddRequest.newBuilder().setName("both").build()),
            step(Call.ROLE_GRANT_PERMISSION, permission("both")),
            step(Call.USER_GRANT_ROLE, grant("alice", "both")),
            step(Call.AUTH_ENABLE, AuthEnableRequest.getDefaultInstance()),
            step(Call.AUTHENTICATE, SIGN_IN_AS_ROOT),
            step(Call.AUTHENTICATE, signIn("alice", PASSWORD)));
    return dice.chance(85) ? steps : steps.subList(0, dice.below(steps.size()));
  }

  private static Step step(Call call, Message request) {
    return new Step(0, call, request);
  }

  /** Who makes a call: somebody, mostly. */
  Optional<String> caller() {
    return dice.chance(6) ? Optional.empty() : Optional.of(dice.pick(USERS));
  }

  /** A call about users and roles, mostly root's. */
  Step step() {
    Optional<String> caller = dice.chance(85) ? Optional.of(ROOT) : caller();
    Call call = dice.pick(CALLS);
    return new Step(0, caller, call, request(call));
  }

  /** Calls in the share that they have; to sign in comes often, as changes end tokens. */
  private static final List<Call> CALLS =
      List.of(
          Call.AUTHENTICATE,
          Call.AUTHENTICATE,
          Call.AUTHENTICATE,
          Call.AUTHENTICATE,
          Call.AUTHENTICATE,
          Call.AUTHENTICATE,
          Call.AUTH_ENABLE,
          Call.AUTH_ENABLE,
          Call.AUTH_DISABLE,
          Call.USER_ADD,
          Call.USER_ADD,
          Call.USER_GET,
          Call.USER_GET,
          Call.USER_LIST,
          Call.USER_DELETE,
          Call.USER_CHANGE_PASSWORD,
          Call.USER_GRANT_ROLE,
          Call.USER_GRANT_ROLE,
          Call.USER_GRANT_ROLE,
          Call.USER_REVOKE_ROLE,
          Call.ROLE_ADD,
          Call.ROLE_ADD,
          Call.ROLE_GET,
          Call.ROLE_GET,
          Call.ROLE_LIST,
          Call.ROLE_DELETE,
          Call.ROLE_GRANT_PERMISSION,
          Call.ROLE_GRANT_PERMISSION,
          Call.ROLE_GRANT_PERMISSION,
          Call.ROLE_GRANT_PERMISSION,
          Call.ROLE_REVOKE_PERMISSION);

  private Message request(Call call) {
    return switch (call) {
      case AUTHENTICATE -> authenticate();
      case AUTH_ENABLE -> AuthEnableRequest.getDefaultInstance();
      case AUTH_DISABLE -> AuthDisableRequest.getDefaultInstance();
      case USER_ADD -> userAdd();
      case USER_GET -> AuthUserGetRequest.newBuilder().setName(user()).build();
      case USER_LIST -> AuthUserListRequest.getDefaultInstance();
      case USER_DELETE -> AuthUserDeleteRequest.newBuilder().setName(user()).build();
      case USER_CHANGE_PASSWORD -> changePassword();
      case USER_GRANT_ROLE -> grant(user(), role());
      case USER_REVOKE_ROLE ->
          AuthUserRevokeRoleRequest.newBuilder().setName(user()).setRole(role()).build();
      case ROLE_ADD -> AuthRoleAddRequest.newBuilder().setName(role()).build();
      case ROLE_GET -> AuthRoleGetRequest.newBuilder().setRole(role()).build();
      case ROLE_LIST -> AuthRoleListRequest.getDefaultInstance();
      case ROLE_DELETE -> AuthRoleDeleteRequest.newBuilder().setRole(role()).build();
      case ROLE_GRANT_PERMISSION -> permission(role());
      case ROLE_REVOKE_PERMISSION ->
          AuthRoleRevokePermissionRequest.newBuilder()
              .setRole(role())
              .setKey(dice.key())
              .setRangeEnd(dice.end())
              .build();
      default -> throw new IllegalArgumentException(call + " is not about users");
    };
  }

  private String user() {
    return dice.chance(3) ? "" : dice.pick(USERS);
  }

  private String role() {
    return dice.chance(3) ? "" : dice.pick(ROLES);
  }

  private Message authenticate() {
    return dice.chance(10) ? signIn(user(), "wrong") : signIn(dice.pick(USERS), PASSWORD);
  }

  private Message userAdd() {
    String name = user();
    AuthUserAddRequest.Builder request = user(name, PASSWORD).toBuilder();
    if (!name.equals(ROOT) && dice.chance(15)) {
      request.setPassword("").setOptions(UserAddOptions.newBuilder().setNoPassword(true));
    }
    return request.build();
  }

  private Message changePassword() {
    return AuthUserChangePasswordRequest.newBuilder()
        .setName(dice.pick(USERS.subList(1, USERS.size())))
        .setPassword(dice.chance(80) ? PASSWORD : "another")
        .build();
  }

  private static AuthUserAddRequest user(String name, String password) {
    return AuthUserAddRequest.newBuilder().setName(name).setPassword(password).build();
  }

  private static AuthenticateRequest signIn(String name, String password) {
    return AuthenticateRequest.newBuilder().setName(name).setPassword(password).build();
  }

  private static Message grant(String user, String role) {
    return AuthUserGrantRoleRequest.newBuilder().setUser(user).setRole(role).build();
  }

  private Message permission(String role) {
    AuthRoleGrantPermissionRequest.Builder request =
        AuthRoleGrantPermissionRequest.newBuilder().setName(role);
    if (!missingPermissions || dice.chance(97)) {
      ByteString key = dice.key();
      request.setPerm(
          Permission.newBuilder()
              .setPermTypeValue(dice.below(3))
              .setKey(key)
              .setRangeEnd(dice.end()));
    }
    return request.build();
  }
}
