package io.holdfast.server.apply.codec;

import com.google.protobuf.ByteString;
import com.google.protobuf.ProtocolMessageEnum;
import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.alarm.AlarmType;
import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.Compare;
import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.apply.Operation;
import io.holdfast.server.apply.codec.log.LogAlarm;
import io.holdfast.server.apply.codec.log.LogCompare;
import io.holdfast.server.apply.codec.log.LogDeleteRange;
import io.holdfast.server.apply.codec.log.LogEntry;
import io.holdfast.server.apply.codec.log.LogFounding;
import io.holdfast.server.apply.codec.log.LogLeaseCheckpoints;
import io.holdfast.server.apply.codec.log.LogMemberAttributes;
import io.holdfast.server.apply.codec.log.LogMembershipChange;
import io.holdfast.server.apply.codec.log.LogOperation;
import io.holdfast.server.apply.codec.log.LogPut;
import io.holdfast.server.apply.codec.log.LogRange;
import io.holdfast.server.apply.codec.log.LogTxn;
import io.holdfast.server.lease.LeaseCheckpoint;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.mvcc.SortOrder;
import io.holdfast.server.mvcc.SortTarget;
import java.util.List;
import java.util.Optional;

/** Turns messages back into commands; what it cannot understand is an IllegalArgumentException. */
final class CommandReader {
  private static final byte[] EMPTY = {};

  private CommandReader() {}

  static Command command(LogEntry entry) {
    return switch (entry.getCommandCase()) {
      case PUT -> put(entry.getPut());
      case DELETE_RANGE -> deleteRange(entry.getDeleteRange());
      case TXN -> txn(entry.getTxn());
      case COMPACTION ->
          new Command.Compact(
              entry.getCompaction().getRevision(), entry.getCompaction().getPhysical());
      case LEASE_GRANT ->
          new Command.LeaseGrant(entry.getLeaseGrant().getId(), entry.getLeaseGrant().getTtl());
      case LEASE_REVOKE -> new Command.LeaseRevoke(entry.getLeaseRevoke().getId());
      case LEASE_CHECKPOINTS -> checkpoints(entry.getLeaseCheckpoints());
      case ALARM -> alarm(entry.getAlarm());
      case DOWNGRADE ->
          new Command.SetDowngrade(
              entry.getDowngrade().getEnabled()
                  ? Optional.of(entry.getDowngrade().getVersion())
                  : Optional.empty());
      case MEMBER_ATTRIBUTES -> memberAttributes(entry.getMemberAttributes());
      case FOUNDING -> founding(entry.getFounding());
      case MEMBERSHIP_CHANGE -> membershipChange(entry.getMembershipChange());
      case AUTH_ENABLE -> new Command.AuthEnable();
      case AUTH_DISABLE -> new Command.AuthDisable();
      case AUTHENTICATE -> AuthReader.authenticate(entry.getAuthenticate());
      case AUTH_USER_ADD -> AuthReader.userAdd(entry.getAuthUserAdd());
      case AUTH_USER_DELETE -> new Command.UserDelete(entry.getAuthUserDelete().getName());
      case AUTH_USER_CHANGE_PASSWORD ->
          AuthReader.changePassword(entry.getAuthUserChangePassword());
      case AUTH_USER_GRANT_ROLE ->
          new Command.UserGrantRole(
              entry.getAuthUserGrantRole().getUser(), entry.getAuthUserGrantRole().getRole());
      case AUTH_USER_REVOKE_ROLE ->
          new Command.UserRevokeRole(
              entry.getAuthUserRevokeRole().getName(), entry.getAuthUserRevokeRole().getRole());
      case AUTH_ROLE_ADD -> new Command.RoleAdd(entry.getAuthRoleAdd().getName());
      case AUTH_ROLE_DELETE -> new Command.RoleDelete(entry.getAuthRoleDelete().getRole());
      case AUTH_ROLE_GRANT_PERMISSION ->
          AuthReader.grantPermission(entry.getAuthRoleGrantPermission());
      case AUTH_ROLE_REVOKE_PERMISSION ->
          AuthReader.revokePermission(entry.getAuthRoleRevokePermission());
      case COMMAND_NOT_SET ->
          throw new IllegalArgumentException("it holds no command that this version knows");
    };
  }

  private static Command.Put put(LogPut put) {
    return new Command.Put(
        Key.of(put.getKey().toByteArray()),
        put.getValue().toByteArray(),
        put.getLease(),
        put.getPrevKv(),
        put.getIgnoreValue(),
        put.getIgnoreLease());
  }

  private static Command.DeleteRange deleteRange(LogDeleteRange delete) {
    return new Command.DeleteRange(
        range(delete.getKey(), delete.getRangeEnd()), delete.getPrevKv());
  }

  private static Command.Txn txn(LogTxn txn) {
    return new Command.Txn(
        txn.getCompareList().stream().map(CommandReader::compare).toList(),
        operations(txn.getSuccessList()),
        operations(txn.getFailureList()));
  }

  private static List<Operation> operations(List<LogOperation> operations) {
    return operations.stream().map(CommandReader::operation).toList();
  }

  private static Operation operation(LogOperation operation) {
    return switch (operation.getOperationCase()) {
      case RANGE -> range(operation.getRange());
      case PUT -> put(operation.getPut());
      case DELETE_RANGE -> deleteRange(operation.getDeleteRange());
      case TXN -> txn(operation.getTxn());
      case OPERATION_NOT_SET ->
          throw new IllegalArgumentException("a transaction holds an unknown operation");
    };
  }

  private static Compare compare(LogCompare compare) {
    Compare.Target target = constant(Compare.Target.values(), compare.getTarget());
    long number =
        switch (target) {
          case VERSION -> compare.getVersion();
          case CREATE -> compare.getCreateRevision();
          case MOD -> compare.getModRevision();
          case LEASE -> compare.getLease();
          case VALUE -> 0;
        };
    byte[] value = target == Compare.Target.VALUE ? compare.getValue().toByteArray() : EMPTY;
    return new Compare(
        range(compare.getKey(), compare.getRangeEnd()),
        target,
        constant(Compare.Relation.values(), compare.getResult()),
        number,
        value);
  }

  private static Operation.Range range(LogRange range) {
    RangeQuery query =
        new RangeQuery(
            range(range.getKey(), range.getRangeEnd()),
            range.getRevision(),
            range.getLimit(),
            constant(SortOrder.values(), range.getSortOrder()),
            constant(SortTarget.values(), range.getSortTarget()),
            range.getKeysOnly(),
            range.getCountOnly(),
            range.getMinModRevision(),
            range.getMaxModRevision(),
            range.getMinCreateRevision(),
            range.getMaxCreateRevision());
    return new Operation.Range(query, range.getSerializable());
  }

  private static Command.LeaseCheckpoints checkpoints(LogLeaseCheckpoints checkpoints) {
    return new Command.LeaseCheckpoints(
        checkpoints.getCheckpointsList().stream()
            .map(message -> new LeaseCheckpoint(message.getId(), message.getRemainingTtl()))
            .toList());
  }

  private static Command.SetAlarm alarm(LogAlarm message) {
    boolean active =
        switch (message.getAction()) {
          case ALARM_ACTIVATE -> true;
          case ALARM_DEACTIVATE -> false;
          case ALARM_GET, UNRECOGNIZED ->
              throw new IllegalArgumentException("an alarm is neither raised nor cleared");
        };
    AlarmType type = AlarmType.ofCode(message.getAlarmValue());
    return new Command.SetAlarm(new Alarm(type, message.getMemberId()), active);
  }

  private static Command.MemberAttributes memberAttributes(LogMemberAttributes message) {
    return new Command.MemberAttributes(
        message.getMemberId(),
        message.getAttributes().getName(),
        message.getAttributes().getClientUrlsList());
  }

  private static Command.Founding founding(LogFounding message) {
    return new Command.Founding(
        message.getMembersList().stream()
            .map(
                member ->
                    new MemberRecord(
                        member.getMemberId(),
                        member.getName(),
                        member.getPeerUrlsList(),
                        List.of(),
                        false))
            .toList());
  }

  private static Command.MembershipChange membershipChange(LogMembershipChange message) {
    long id = message.getMemberId();
    return switch (message.getKind()) {
      case ADD_VOTER -> new Command.MemberAdd(id, message.getPeerUrlsList(), false);
      case ADD_LEARNER -> new Command.MemberAdd(id, message.getPeerUrlsList(), true);
      case REMOVE -> new Command.MemberRemove(id);
      case UPDATE -> new Command.MemberUpdate(id, message.getPeerUrlsList());
      case PROMOTE -> new Command.MemberPromote(id);
      case JOINED -> new Command.MemberJoined(id);
      case UNKNOWN, UNRECOGNIZED ->
          throw new IllegalArgumentException("an unknown change of the membership");
    };
  }

  static KeyRange range(ByteString key, ByteString rangeEnd) {
    return KeyRange.of(key.toByteArray(), rangeEnd.toByteArray());
  }

  /** The domain's constant for a message's: both are numbered alike. */
  private static <E extends Enum<E>> E constant(E[] values, ProtocolMessageEnum message) {
    // Asking an unrecognised constant for its number is an IllegalArgumentException.
    return values[message.getNumber()];
  }
}
