package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.message.Message;
import io.holdfast.server.raft.message.RequestVote;
import io.holdfast.server.raft.message.RequestVoteResponse;
import io.holdfast.server.raft.simulation.SimulatedNode;
import io.holdfast.server.raft.simulation.SimulationFailure;
import java.util.HashMap;
import java.util.Map;

/**
 * Raft paper, 5.2: "each server will vote for at most one candidate in a given term", also across
 * its own restarts.
 */
final class OneVotePerTerm implements Invariant {
  private record Ballot(long voter, long term) {}

  private final Map<Ballot, Long> votes = new HashMap<>();

  @Override
  public void beforeSend(Cluster cluster, SimulatedNode node, Message message) {
    if (message instanceof RequestVote request) {
      vote(node.id(), request.term(), node.id());
    } else if (message instanceof RequestVoteResponse response && response.granted()) {
      vote(node.id(), response.term(), response.to());
    }
  }

  private void vote(long voter, long term, long candidate) {
    Long earlier = votes.putIfAbsent(new Ballot(voter, term), candidate);
    if (earlier != null && earlier != candidate) {
      throw new SimulationFailure(
          "one vote per term",
          "member "
              + voter
              + " votes for "
              + earlier
              + " and for "
              + candidate
              + " in term "
              + term);
    }
  }
}
