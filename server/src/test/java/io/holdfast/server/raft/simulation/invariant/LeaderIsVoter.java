package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.RaftStatus;
import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.simulation.SimulatedNode;
import io.holdfast.server.raft.simulation.SimulationFailure;
import java.util.HashMap;
import java.util.Map;

/**
 * Raft thesis, 4.2.1: learners (there "non-voting members") do not stand for election; neither does
 * who is no member. But who loses its vote by a change that is not committed still may (4.2.2).
 */
final class LeaderIsVoter implements Invariant {
  private final Map<Long, Long> ledTerms = new HashMap<>();

  @Override
  public void stepped(Cluster cluster, SimulatedNode node, Ready ready) {
    if (!ready.status().isLeader()) {
      return;
    }
    Long before = ledTerms.put(node.id(), ready.status().term());
    boolean elected = before == null || before != ready.status().term();
    if (elected && !mayLead(node, ready.status())) {
      throw new SimulationFailure(
          "leaders are voters",
          "member " + node.id() + " is elected under " + ready.status().confState());
    }
  }

  private static boolean mayLead(SimulatedNode node, RaftStatus status) {
    boolean open = status.confIndex() > status.commitIndex();
    return status.confState().isVoter(node.id())
        || open && node.mirror().membershipBefore(status.confIndex()).isVoter(node.id());
  }
}
