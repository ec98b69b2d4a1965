package io.holdfast.server.service;

import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * The use cases of the membership.
 *
 * <p>Every change is one step, made by the leader: other members hand it on. A stage completes when
 * the change is committed and, as a rule, applied here, too. It fails with a {@link
 * io.holdfast.server.error.StoreException} when nothing was changed, for etcd's reasons, and with
 * an {@link io.holdfast.server.error.IndeterminateException} when the outcome was not learned in
 * time.
 */
public interface ClusterService {
  /** Whether this member itself is a learner now; cheap. */
  boolean isLearner();

  /**
   * The members, in the order of their ids.
   *
   * @param linearizable whether to confirm with the leader first; otherwise the list as this member
   *     knows it
   */
  CompletionStage<Response<List<ClusterMember>>> memberList(boolean linearizable);

  /**
   * Adds a member that has not started yet.
   *
   * @param peerUrls where the others are to reach it
   * @param learner whether it is to get the log without a vote, until it is promoted
   */
  CompletionStage<Response<AddedMember>> memberAdd(List<String> peerUrls, boolean learner);

  /**
   * Removes a member for good.
   *
   * @return the members that are left
   */
  CompletionStage<Response<List<ClusterMember>>> memberRemove(long memberId);

  /**
   * Says where a member is reached from now on.
   *
   * @return all members
   */
  CompletionStage<Response<List<ClusterMember>>> memberUpdate(long memberId, List<String> peerUrls);

  /**
   * Gives a learner that has caught up a vote.
   *
   * @return all members
   */
  CompletionStage<Response<List<ClusterMember>>> memberPromote(long memberId);
}
