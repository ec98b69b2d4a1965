package io.holdfast.server.node;

import io.holdfast.server.raft.PeerProgress;
import io.holdfast.server.raft.RaftStatus;
import io.holdfast.server.raft.membership.ConfChange;
import java.util.List;

/**
 * Makes up its mind about a membership change on the loop, right before the core is asked: nothing
 * is applied in between, and the core takes no change before the last one is applied. What it finds
 * valid in the applied state is therefore still valid when the change is logged.
 */
@FunctionalInterface
public interface ConfRequest {
  /**
   * Runs on the loop; must be short.
   *
   * @param status this member's state
   * @param progress what this member knows of the others; empty unless it leads
   * @return the change to ask for
   * @throws RuntimeException the request is refused, and fails with just this
   */
  ConfChange decide(RaftStatus status, List<PeerProgress> progress);
}
