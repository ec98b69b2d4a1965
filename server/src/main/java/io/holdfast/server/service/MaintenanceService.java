package io.holdfast.server.service;

import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.alarm.AlarmType;
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
   * @return the alarm, when it stands now or was cleared; nothing when there was none to clear
   */
  CompletionStage<Response<List<Alarm>>> setAlarm(Alarm alarm, boolean active);

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
   * Pins this member's state for a backup, as it is, without asking the others.
   *
   * @return to be closed by the caller. TOO_MANY_REQUESTS when several backups are under way
   */
  CompletionStage<Backup> backup();
}
