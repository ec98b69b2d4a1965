package io.holdfast.server.raft;

import io.holdfast.server.raft.progress.PeerState;
import java.util.Objects;

/**
 * What a leader knows of one member of the cluster; also of itself.
 *
 * @param memberId the member
 * @param voter whether it has a vote in the membership in force
 * @param state how the leader sends to it
 * @param matchIndex the highest log index known to be durable there and equal to the leader's
 * @param nextIndex the index of the entry to be sent next
 * @param recentlyActive whether it was heard of within the last one to two election timeouts
 */
public record PeerProgress(
    long memberId,
    boolean voter,
    PeerState state,
    long matchIndex,
    long nextIndex,
    boolean recentlyActive) {
  public PeerProgress {
    Objects.requireNonNull(state, "state");
  }
}
