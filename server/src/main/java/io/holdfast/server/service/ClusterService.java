package io.holdfast.server.service;

import java.util.List;
import java.util.concurrent.CompletionStage;

/** The use cases of the membership. */
public interface ClusterService {
  /**
   * The members, in the order of their ids.
   *
   * @param linearizable whether to confirm with the leader first; otherwise the list as this member
   *     knows it
   */
  CompletionStage<Response<List<ClusterMember>>> memberList(boolean linearizable);
}
