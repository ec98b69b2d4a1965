package io.holdfast.server.apply.codec;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import com.google.protobuf.UnsafeByteOperations;
import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.Compare;
import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.apply.Operation;
import io.holdfast.server.apply.codec.log.LogAlarm;
import io.holdfast.server.apply.codec.log.LogAlarmAction;
import io.holdfast.server.apply.codec.log.LogAttributes;
import io.holdfast.server.apply.codec.log.LogCompaction;
import io.holdfast.server.apply.codec.log.LogCompare;
import io.holdfast.server.apply.codec.log.LogCompareTarget;
import io.holdfast.server.apply.codec.log.LogDeleteRange;
import io.holdfast.server.apply.codec.log.LogDowngrade;
import io.holdfast.server.apply.codec.log.LogEntry;
import io.holdfast.server.apply.codec.log.LogFounding;
import io.holdfast.server.apply.codec.log.LogLeaseCheckpoint;
import io.holdfast.server.apply.codec.log.LogLeaseCheckpoints;
import io.holdfast.server.apply.codec.log.LogLeaseGrant;
import io.holdfast.server.apply.codec.log.LogLeaseRevoke;
import io.holdfast.server.apply.codec.log.LogMember;
import io.holdfast.server.apply.codec.log.LogMemberAttributes;
import io.holdfast.server.apply.codec.log.LogMembershipChange;
import io.holdfast.server.apply.codec.log.LogOperation;
import io.holdfast.server.apply.codec.log.LogPut;
import io.holdfast.server.apply.codec.log.LogRange;
import io.holdfast.server.apply.codec.log.LogRelation;
import io.holdfast.server.apply.codec.log.LogSortOrder;
import io.holdfast.server.apply.codec.log.LogSortTarget;
import io.holdfast.server.apply.codec.log.LogTxn;
import io.holdfast.server.lease.LeaseCheckpoint;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.RangeQuery;

/** Turns commands into messages. Arrays are wrapped, not copied: the messages are short-lived. */
final class CommandWriter {
  private static final ByteString FROM_KEY = ByteString.copyFrom(new byte[] {0});

  private CommandWriter() {}

  static int fieldNumber(Command command) {
    if (command instanceof Command.Put) {
      return LogEntry.PUT_FIELD_NUMBER;
    } else if (command instanceof Command.DeleteRange) {
      return LogEntry.DELETE_RANGE_FIELD_NUMBER;
    } else if (command instanceof Command.Txn) {
      return LogEntry.TXN_FIELD_NUMBER;
    } else if (command instanceof Command.Compact) {
      return LogEntry.COMPACTION_FIELD_NUMBER;
    } else if (command instanceof Command.LeaseGrant) {
      return LogEntry.LEASE_GRANT_FIELD_NUMBER;
    } else if (command instanceof Command.LeaseRevoke) {
      return LogEntry.LEASE_REVOKE_FIELD_NUMBER;
    } else if (command instanceof Command.LeaseCheckpoints) {
      return LogEntry.LEASE_CHECKPOINTS_FIELD_NUMBER;
    } else if (command instanceof Command.SetAlarm) {
      return LogEntry.ALARM_FIELD_NUMBER;
    } else if (command instanceof Command.SetDowngrade) {
      return LogEntry.DOWNGRADE_FIELD_NUMBER;
    } else if (command instanceof Command.MemberAttributes) {
      return LogEntry.MEMBER_ATTRIBUTES_FIELD_NUMBER;
    } else if (command instanceof Command.Founding) {
      return LogEntry.FOUNDING_FIELD_NUMBER;
    } else if (command instanceof Command.MembershipChange) {
      return LogEntry.MEMBERSHIP_CHANGE_FIELD_NUMBER;
    }
    return AuthWriter.fieldNumber(command);
  }

  static MessageLite message(Command command) {
    if (command instanceof Command.Put put) {
      return put(put);
    } else if (command instanceof Command.DeleteRange delete) {
      return deleteRange(delete);
    } else if (command instanceof Command.Txn txn) {
      return txn(txn);
    } else if (command instanceof Command.Compact compact) {
      return LogCompaction.newBuilder()
          .setRevision(compact.revision())
          .setPhysical(compact.physical())
          .build();
    } else if (command instanceof Command.LeaseGrant grant) {
      return LogLeaseGrant.newBuilder().setId(grant.leaseId()).setTtl(grant.ttlSeconds()).build();
    } else if (command instanceof Command.LeaseRevoke revoke) {
      return LogLeaseRevoke.newBuilder().setId(revoke.leaseId()).build();
    } else if (command instanceof Command.LeaseCheckpoints checkpoints) {
      return checkpoints(checkpoints);
    } else if (command instanceof Command.SetAlarm alarm) {
      return alarm(alarm);
    } else if (command instanceof Command.SetDowngrade change) {
      return LogDowngrade.newBuilder()
          .setEnabled(change.targetVersion().isPresent())
          .setVersion(change.targetVersion().orElse(""))
          .build();
    } else if (command instanceof Command.MemberAttributes attributes) {
      return memberAttributes(attributes);
    } else if (command instanceof Command.Founding founding) {
      return founding(founding);
    } else if (command instanceof Command.MembershipChange change) {
      return membershipChange(change);
    }
    return AuthWriter.message(command);
  }

  private static LogPut put(Command.Put put) {
    return LogPut.newBuilder()
        .setKey(bytes(put.key().bytes()))
        .setValue(bytes(put.value()))
        .setLease(put.leaseId())
        .setPrevKv(put.previousWanted())
        .setIgnoreValue(put.ignoreValue())
        .setIgnoreLease(put.ignoreLease())
        .build();
  }

  private static LogDeleteRange deleteRange(Command.DeleteRange delete) {
    return LogDeleteRange.newBuilder()
        .setKey(bytes(delete.range().start()))
        .setRangeEnd(rangeEnd(delete.range()))
        .setPrevKv(delete.previousWanted())
        .build();
  }

  private static LogTxn txn(Command.Txn txn) {
    LogTxn.Builder builder = LogTxn.newBuilder();
    txn.compares().forEach(compare -> builder.addCompare(compare(compare)));
    txn.success().forEach(operation -> builder.addSuccess(operation(operation)));
    txn.failure().forEach(operation -> builder.addFailure(operation(operation)));
    return builder.build();
  }

  private static LogOperation operation(Operation operation) {
    LogOperation.Builder builder = LogOperation.newBuilder();
    if (operation instanceof Operation.Range range) {
      builder.setRange(range(range));
    } else if (operation instanceof Command.Put put) {
      builder.setPut(put(put));
    } else if (operation instanceof Command.DeleteRange delete) {
      builder.setDeleteRange(deleteRange(delete));
    } else if (operation instanceof Command.Txn txn) {
      builder.setTxn(txn(txn));
    } else {
      throw new IllegalArgumentException("not to be proposed: " + operation);
    }
    return builder.build();
  }

  private static LogCompare compare(Compare compare) {
    LogCompare.Builder builder =
        LogCompare.newBuilder()
            .setResult(LogRelation.forNumber(compare.relation().ordinal()))
            .setTarget(LogCompareTarget.forNumber(compare.target().ordinal()))
            .setKey(bytes(compare.range().start()))
            .setRangeEnd(rangeEnd(compare.range()));
    switch (compare.target()) {
      case VERSION -> builder.setVersion(compare.number());
      case CREATE -> builder.setCreateRevision(compare.number());
      case MOD -> builder.setModRevision(compare.number());
      case LEASE -> builder.setLease(compare.number());
      case VALUE -> builder.setValue(bytes(compare.value()));
    }
    return builder.build();
  }

  private static LogRange range(Operation.Range range) {
    RangeQuery query = range.query();
    return LogRange.newBuilder()
        .setKey(bytes(query.range().start()))
        .setRangeEnd(rangeEnd(query.range()))
        .setLimit(query.limit())
        .setRevision(query.revision())
        .setSortOrder(LogSortOrder.forNumber(query.order().ordinal()))
        .setSortTarget(LogSortTarget.forNumber(query.target().ordinal()))
        .setSerializable(range.serializable())
        .setKeysOnly(query.keysOnly())
        .setCountOnly(query.countOnly())
        .setMinModRevision(query.minModRevision())
        .setMaxModRevision(query.maxModRevision())
        .setMinCreateRevision(query.minCreateRevision())
        .setMaxCreateRevision(query.maxCreateRevision())
        .build();
  }

  private static LogLeaseCheckpoints checkpoints(Command.LeaseCheckpoints checkpoints) {
    LogLeaseCheckpoints.Builder builder = LogLeaseCheckpoints.newBuilder();
    for (LeaseCheckpoint checkpoint : checkpoints.checkpoints()) {
      builder.addCheckpoints(
          LogLeaseCheckpoint.newBuilder()
              .setId(checkpoint.leaseId())
              .setRemainingTtl(checkpoint.remainingSeconds()));
    }
    return builder.build();
  }

  private static LogAlarm alarm(Command.SetAlarm command) {
    return LogAlarm.newBuilder()
        .setAction(
            command.active() ? LogAlarmAction.ALARM_ACTIVATE : LogAlarmAction.ALARM_DEACTIVATE)
        .setMemberId(command.alarm().memberId())
        .setAlarmValue(command.alarm().type().code())
        .build();
  }

  private static LogMemberAttributes memberAttributes(Command.MemberAttributes attributes) {
    return LogMemberAttributes.newBuilder()
        .setMemberId(attributes.memberId())
        .setAttributes(
            LogAttributes.newBuilder()
                .setName(attributes.name())
                .addAllClientUrls(attributes.clientUrls()))
        .build();
  }

  private static LogFounding founding(Command.Founding founding) {
    LogFounding.Builder message = LogFounding.newBuilder();
    for (MemberRecord member : founding.members()) {
      message.addMembers(
          LogMember.newBuilder()
              .setMemberId(member.memberId())
              .setName(member.name())
              .addAllPeerUrls(member.peerUrls()));
    }
    return message.build();
  }

  private static LogMembershipChange membershipChange(Command.MembershipChange change) {
    LogMembershipChange.Builder message =
        LogMembershipChange.newBuilder().setMemberId(change.memberId());
    if (change instanceof Command.MemberAdd add) {
      message
          .setKind(
              add.learner()
                  ? LogMembershipChange.Kind.ADD_LEARNER
                  : LogMembershipChange.Kind.ADD_VOTER)
          .addAllPeerUrls(add.peerUrls());
    } else if (change instanceof Command.MemberRemove) {
      message.setKind(LogMembershipChange.Kind.REMOVE);
    } else if (change instanceof Command.MemberUpdate update) {
      message.setKind(LogMembershipChange.Kind.UPDATE).addAllPeerUrls(update.peerUrls());
    } else if (change instanceof Command.MemberPromote) {
      message.setKind(LogMembershipChange.Kind.PROMOTE);
    } else if (change instanceof Command.MemberJoined) {
      message.setKind(LogMembershipChange.Kind.JOINED);
    }
    return message.build();
  }

  static ByteString rangeEnd(KeyRange range) {
    if (range.isSingle()) {
      return ByteString.EMPTY;
    }
    return range.isOpenEnded() ? FROM_KEY : bytes(range.end());
  }

  static ByteString bytes(byte[] bytes) {
    return UnsafeByteOperations.unsafeWrap(bytes);
  }
}
