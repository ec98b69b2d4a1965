package io.holdfast.server.service;

import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.alarm.AlarmType;
import io.holdfast.server.auth.Caller;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The use cases of operators. */
public interface MaintenanceService {
  /** How this member does; answered at once, also without a leader. */
  Response<MemberStatus> status();

  /**
   * The hash of the key space up to a revision, equal on all members.
   *
   * @param revision 0 for the current one. COMPACTED, FUTURE_REVISION
   */
  CompletionStage<Response<KeyValueHash>> hashKv(long revision);

  /** The hash of everything this member's store holds. */
  CompletionStage<Response<Integer>> hash();

  /**
   * The standing alarms as the cluster knows them; empty when all is well.
   *
   * @param type only those of this type; empty for all
   */
  CompletionStage<Response<List<Alarm>>> alarms(Optional<AlarmType> type);

  /**
   * Raises or clears an alarm on all members, through the log.
   *
   * @param caller needs the role root once authentication is on
   * @return the alarm, when it stands now or was cleared; nothing when there was none to clear
   */
  CompletionStage<Response<List<Alarm>>> setAlarm(Caller caller, Alarm alarm, boolean active);

  /**
   * Makes this member's store file as short as it can within a few seconds, while requests are
   * served; the rest follows by itself.
   */
  CompletionStage<Response<Void>> defragment();

  /** The standing alarms as this member knows them, without asking anybody. */
  List<Alarm> knownAlarms();

  /**
   * Hands the leadership to another member. NOT_LEADER when this member does not lead,
   * BAD_LEADER_TRANSFEREE when the target is no voter.
   */
  CompletionStage<Response<Void>> moveLeader(long targetMemberId);

  /**
   * Whether the cluster can be downgraded now.
   *
   * @param targetVersion major and minor number, with or without a patch number
   * @return the cluster's version. WRONG_DOWNGRADE_TARGET_VERSION_FORMAT,
   *     INVALID_DOWNGRADE_TARGET_VERSION, CLUSTER_HAS_A_DOWNGRADE_JOB_IN_PROGRESS,
   *     CLUSTER_VERSION_NOT_FOUND_DURING_DOWNGRADE
   */
  CompletionStage<Response<String>> validateDowngrade(String targetVersion);

  /**
   * Begins a downgrade: from now on the members report the target as the version of cluster and
   * storage. Refused as {@link #validateDowngrade} refuses.
   */
  CompletionStage<Response<String>> enableDowngrade(String targetVersion);

  /** Ends the downgrade under way. NO_INFLIGHT_DOWNGRADE_JOB. */
  CompletionStage<Response<String>> cancelDowngrade();

  /**
   * Pins this member's state for a backup, as it is, without asking the others.
   *
   * @return to be closed by the caller. TOO_MANY_REQUESTS when several backups are under way
   */
  CompletionStage<Backup> backup();
}
