package io.holdfast.server.apply.codec;

import com.google.protobuf.MessageLite;
import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.codec.log.LogAuthDisable;
import io.holdfast.server.apply.codec.log.LogAuthEnable;
import io.holdfast.server.apply.codec.log.LogAuthenticate;
import io.holdfast.server.apply.codec.log.LogEntry;
import io.holdfast.server.apply.codec.log.LogPermission;
import io.holdfast.server.apply.codec.log.LogRoleAdd;
import io.holdfast.server.apply.codec.log.LogRoleDelete;
import io.holdfast.server.apply.codec.log.LogRoleGrantPermission;
import io.holdfast.server.apply.codec.log.LogRoleRevokePermission;
import io.holdfast.server.apply.codec.log.LogUserAdd;
import io.holdfast.server.apply.codec.log.LogUserAddOptions;
import io.holdfast.server.apply.codec.log.LogUserChangePassword;
import io.holdfast.server.apply.codec.log.LogUserDelete;
import io.holdfast.server.apply.codec.log.LogUserGrantRole;
import io.holdfast.server.apply.codec.log.LogUserRevokeRole;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The part of {@link CommandWriter} that is about users and roles. */
final class AuthWriter {
  private AuthWriter() {}

  static int fieldNumber(Command command) {
    if (command instanceof Command.AuthEnable) {
      return LogEntry.AUTH_ENABLE_FIELD_NUMBER;
    } else if (command instanceof Command.AuthDisable) {
      return LogEntry.AUTH_DISABLE_FIELD_NUMBER;
    } else if (command instanceof Command.Authenticate) {
      return LogEntry.AUTHENTICATE_FIELD_NUMBER;
    } else if (command instanceof Command.UserAdd) {
      return LogEntry.AUTH_USER_ADD_FIELD_NUMBER;
    } else if (command instanceof Command.UserDelete) {
      return LogEntry.AUTH_USER_DELETE_FIELD_NUMBER;
    } else if (command instanceof Command.UserChangePassword) {
      return LogEntry.AUTH_USER_CHANGE_PASSWORD_FIELD_NUMBER;
    } else if (command instanceof Command.UserGrantRole) {
      return LogEntry.AUTH_USER_GRANT_ROLE_FIELD_NUMBER;
    } else if (command instanceof Command.UserRevokeRole) {
      return LogEntry.AUTH_USER_REVOKE_ROLE_FIELD_NUMBER;
    } else if (command instanceof Command.RoleAdd) {
      return LogEntry.AUTH_ROLE_ADD_FIELD_NUMBER;
    } else if (command instanceof Command.RoleDelete) {
      return LogEntry.AUTH_ROLE_DELETE_FIELD_NUMBER;
    } else if (command instanceof Command.RoleGrantPermission) {
      return LogEntry.AUTH_ROLE_GRANT_PERMISSION_FIELD_NUMBER;
    } else if (command instanceof Command.RoleRevokePermission) {
      return LogEntry.AUTH_ROLE_REVOKE_PERMISSION_FIELD_NUMBER;
    }
    throw new IllegalArgumentException("no field for " + command.getClass());
  }

  static MessageLite message(Command command) {
    if (command instanceof Command.AuthEnable) {
      return LogAuthEnable.getDefaultInstance();
    } else if (command instanceof Command.AuthDisable) {
      return LogAuthDisable.getDefaultInstance();
    } else if (command instanceof Command.Authenticate signIn) {
      return LogAuthenticate.newBuilder()
          .setName(signIn.user())
          .setSimpleToken(Base64.getEncoder().encodeToString(signIn.tokenDigest()))
          .setCheckedRevision(signIn.checkedRevision())
          .build();
    } else if (command instanceof Command.UserAdd add) {
      return LogUserAdd.newBuilder()
          .setName(add.name())
          .setHashedPassword(base64(add.passwordHash()))
          .setOptions(LogUserAddOptions.newBuilder().setNoPassword(add.noPassword()))
          .build();
    } else if (command instanceof Command.UserDelete delete) {
      return LogUserDelete.newBuilder().setName(delete.name()).build();
    } else if (command instanceof Command.UserChangePassword change) {
      return LogUserChangePassword.newBuilder()
          .setName(change.name())
          .setHashedPassword(base64(change.passwordHash()))
          .build();
    } else if (command instanceof Command.UserGrantRole grant) {
      return LogUserGrantRole.newBuilder().setUser(grant.user()).setRole(grant.role()).build();
    } else if (command instanceof Command.UserRevokeRole revoke) {
      return LogUserRevokeRole.newBuilder().setName(revoke.user()).setRole(revoke.role()).build();
    }
    return roleMessage(command);
  }

  private static MessageLite roleMessage(Command command) {
    if (command instanceof Command.RoleAdd add) {
      return LogRoleAdd.newBuilder().setName(add.name()).build();
    } else if (command instanceof Command.RoleDelete delete) {
      return LogRoleDelete.newBuilder().setRole(delete.name()).build();
    } else if (command instanceof Command.RoleGrantPermission grant) {
      LogPermission.Builder permission =
          LogPermission.newBuilder()
              .setPermTypeValue(grant.permission().kind().code())
              .setKey(CommandWriter.bytes(grant.permission().range().start()))
              .setRangeEnd(CommandWriter.rangeEnd(grant.permission().range()));
      return LogRoleGrantPermission.newBuilder().setName(grant.role()).setPerm(permission).build();
    } else if (command instanceof Command.RoleRevokePermission revoke) {
      return LogRoleRevokePermission.newBuilder()
          .setRole(revoke.role())
          .setKey(CommandWriter.bytes(revoke.range().start()))
          .setRangeEnd(CommandWriter.rangeEnd(revoke.range()))
          .build();
    }
    throw new IllegalArgumentException("no message for " + command.getClass());
  }

  private static String base64(String hash) {
    return Base64.getEncoder().encodeToString(hash.getBytes(StandardCharsets.UTF_8));
  }
}
