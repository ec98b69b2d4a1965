package io.holdfast.server.service;

import java.util.List;
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

  /** The raised alarms; empty when all is well. */
  CompletionStage<Response<List<Alarm>>> alarms();

  /**
   * Hands the leadership to another member. NOT_LEADER when this member does not lead,
   * BAD_LEADER_TRANSFEREE when the target is no voter.
   */
  CompletionStage<Response<Void>> moveLeader(long targetMemberId);
}
