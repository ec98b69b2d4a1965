package io.holdfast.server.apply.codec;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.codec.log.LogAuthenticate;
import io.holdfast.server.apply.codec.log.LogPermission;
import io.holdfast.server.apply.codec.log.LogRoleGrantPermission;
import io.holdfast.server.apply.codec.log.LogRoleRevokePermission;
import io.holdfast.server.apply.codec.log.LogUserAdd;
import io.holdfast.server.apply.codec.log.LogUserChangePassword;
import io.holdfast.server.auth.AccessKind;
import io.holdfast.server.auth.Permission;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The part of {@link CommandReader} that is about users and roles. */
final class AuthReader {
  private AuthReader() {}

  static Command authenticate(LogAuthenticate message) {
    return new Command.Authenticate(
        message.getName(),
        Base64.getDecoder().decode(message.getSimpleToken()),
        message.getCheckedRevision());
  }

  static Command userAdd(LogUserAdd message) {
    return new Command.UserAdd(
        message.getName(), hash(message.getHashedPassword()), message.getOptions().getNoPassword());
  }

  static Command changePassword(LogUserChangePassword message) {
    return new Command.UserChangePassword(message.getName(), hash(message.getHashedPassword()));
  }

  static Command grantPermission(LogRoleGrantPermission message) {
    LogPermission permission = message.getPerm();
    return new Command.RoleGrantPermission(
        message.getName(),
        new Permission(
            CommandReader.range(permission.getKey(), permission.getRangeEnd()),
            AccessKind.ofCode(permission.getPermTypeValue())));
  }

  static Command revokePermission(LogRoleRevokePermission message) {
    return new Command.RoleRevokePermission(
        message.getRole(), CommandReader.range(message.getKey(), message.getRangeEnd()));
  }

  private static String hash(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
  }
}
