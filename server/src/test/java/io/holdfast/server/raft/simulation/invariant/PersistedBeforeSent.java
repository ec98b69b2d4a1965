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
public final class PersistedBeforeSent implements Invariant {
  @Override
  public void beforeSend(Cluster cluster, SimulatedNode node, Message message) {
    if (message instanceof RequestVote request) {
      requireVote(node, request.term(), node.id(), message);
    } else if (message instanceof RequestVoteResponse response && response.granted()) {
      requireVote(node, response.term(), response.to(), message);
    } else if (message instanceof AppendEntriesResponse response && !response.rejected()) {
      require(node.durableTerm() >= response.term(), node, message);
      long term = node.mirror().termAt(response.index());
      boolean replacedMeanwhile = term < 0;
      require(replacedMeanwhile || node.hasDurable(response.index(), term), node, message);
    }
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
