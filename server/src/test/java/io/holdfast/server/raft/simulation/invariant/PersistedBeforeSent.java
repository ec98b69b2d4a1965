package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.message.AppendEntriesResponse;
import io.holdfast.server.raft.message.Message;
import io.holdfast.server.raft.message.RequestVote;
import io.holdfast.server.raft.message.RequestVoteResponse;
import io.holdfast.server.raft.simulation.SimulatedNode;
import io.holdfast.server.raft.simulation.SimulationFailure;

/**
 * Raft paper, figure 2: persistent state is "updated on stable storage before responding to RPCs".
 */
final class PersistedBeforeSent implements Invariant {
  @Override
  public void beforeSend(Cluster cluster, SimulatedNode node, Message message) {
    if (message instanceof RequestVote request) {
      requireVote(node, request.term(), node.id(), message);
    } else if (message instanceof RequestVoteResponse response && response.granted()) {
      requireVote(node, response.term(), response.to(), message);
    } else if (message instanceof AppendEntriesResponse response && !response.rejected()) {
      require(node.durableTerm() >= response.term(), node, message);
      if (response.term() == node.status().term()) {
        // In a later term the entry may have been replaced since; within one it stays.
        require(isDurable(node, response.index()), node, message);
      }
    }
  }

  private static boolean isDurable(SimulatedNode node, long index) {
    long term = node.mirror().termAt(index);
    boolean behindSnapshotBeingInstalled = term < 0;
    return behindSnapshotBeingInstalled
        ? node.durableLastIndex() >= index
        : node.hasDurable(index, term);
  }

  private static void requireVote(SimulatedNode node, long term, long candidate, Message message) {
    boolean durable =
        node.durableTerm() > term || node.durableTerm() == term && node.durableVote() == candidate;
    require(durable, node, message);
  }

  private static void require(boolean holds, SimulatedNode node, Message message) {
    if (!holds) {
      throw new SimulationFailure(
          "persisted before sent", "member " + node.id() + " sends too early: " + message);
    }
  }
}
