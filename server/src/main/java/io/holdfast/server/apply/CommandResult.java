package io.holdfast.server.apply;

import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.mvcc.RangeResult;
import java.util.List;
import java.util.Optional;

/** What executing a {@link Command} brought about. A refusal is a StoreException instead. */
public sealed interface CommandResult {
  /** The store's revision once the command had been executed: the header's revision. */
  long revision();

  /**
   * @param previous the pair before, when it was asked for and existed
   */
  record Put(long revision, Optional<KeyValue> previous)
      implements CommandResult, OperationResult {}

  /**
   * @param deleted how many keys were deleted
   * @param previous the deleted pairs in key order, when they were asked for; else empty
   */
  record DeleteRange(long revision, long deleted, List<KeyValue> previous)
      implements CommandResult, OperationResult {}

  /**
   * @param revision for a nested transaction 0, as etcd leaves it
   * @param succeeded whether the comparisons held
   * @param results one for each operation of the chosen branch, in order
   */
  record Txn(long revision, boolean succeeded, List<OperationResult> results)
      implements CommandResult, OperationResult {}

  record Compact(long revision) implements CommandResult {}

  /**
   * @param ttlSeconds the time granted, which may be more than was asked for
   */
  record LeaseGrant(long revision, long leaseId, long ttlSeconds) implements CommandResult {}

  record LeaseRevoke(long revision) implements CommandResult {}

  record LeaseCheckpoints(long revision) implements CommandResult {}

  /**
   * @param affected the alarm that was raised, stood already, or was cleared; empty when there was
   *     none to clear
   */
  record SetAlarm(long revision, Optional<Alarm> affected) implements CommandResult {}

  record SetDowngrade(long revision) implements CommandResult {}

  record MemberAttributes(long revision) implements CommandResult {}

  record AuthChange(long revision) implements CommandResult {}

  /**
   * @param index the entry's, which is a part of the token
   */
  record Authenticate(long revision, long index) implements CommandResult {}

  /**
   * @param index the change's entry
   * @param membership after the change
   */
  record MembershipChange(long revision, long index, Membership membership)
      implements CommandResult {}

  /** The result of one operation of a transaction. */
  sealed interface OperationResult permits Put, DeleteRange, Txn, Range {}

  /** What a transaction's range read, earlier operations of the same transaction included. */
  record Range(long revision, RangeResult result) implements OperationResult {}
}
