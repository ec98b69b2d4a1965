package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.message.Message;
import io.holdfast.server.raft.message.RequestVoteResponse;
import io.holdfast.server.raft.simulation.SimulatedNode;
import io.holdfast.server.raft.simulation.SimulationFailure;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Raft paper, 5.2: "a candidate wins an election if it receives votes from a majority of the
 * servers"; while the membership is joint, of both majorities (thesis, 4.3). Its own vote counts if
 * it has one.
 */
final class ElectedByQuorum implements Invariant {
  private record Candidacy(long term, long candidate) {}

  private final Map<Candidacy, Set<Long>> votes = new HashMap<>();
  private final Set<Candidacy> elected = new HashSet<>();

  @Override
  public void beforeSend(Cluster cluster, SimulatedNode node, Message message) {
    if (message instanceof RequestVoteResponse response && response.granted()) {
      Candidacy candidacy = new Candidacy(response.term(), response.to());
      votes.computeIfAbsent(candidacy, none -> new HashSet<>()).add(node.id());
    }
  }

  @Override
  public void stepped(Cluster cluster, SimulatedNode node, Ready ready) {
    if (!ready.status().isLeader()) {
      return;
    }
    Candidacy candidacy = new Candidacy(ready.status().term(), node.id());
    if (elected.add(candidacy)) {
      Set<Long> given = votes.getOrDefault(candidacy, Set.of());
      if (!Majorities.decide(
          ready.status().confState(), id -> id == node.id() || given.contains(id))) {
        throw new SimulationFailure(
            "elected by a quorum",
            "member "
                + node.id()
                + " leads term "
                + ready.status().term()
                + " with votes of "
                + given
                + " under "
                + ready.status().confState());
      }
    }
  }
}
