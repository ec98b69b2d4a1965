package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.simulation.SimulatedNode;
import io.holdfast.server.raft.simulation.SimulationFailure;

/**
 * Leader Completeness (Raft paper, 5.4), looked at before it happens: if all members crashed at
 * this moment, whoever could then be elected, by the membership in its own log and by voters whose
 * logs hold no more than its own, has every committed entry. So two memberships that could act
 * without each other show as soon as one of them commits.
 */
final class ElectableHoldsCommitted implements Invariant {
  @Override
  public void committed(Cluster cluster, SimulatedNode node, Entry entry, boolean first) {
    if (!first) {
      return;
    }
    for (SimulatedNode candidate : cluster.nodes()) {
      if (!candidate.isRepairing()
          && !candidate.hasDurable(entry.index(), entry.term())
          && Majorities.decide(
              candidate.durableMembership(), id -> wouldVote(cluster, id, candidate))) {
        throw new SimulationFailure(
            "who can be elected holds what is committed",
            "member "
                + node.id()
                + " commits "
                + entry
                + " under "
                + node.status().confState()
                + ", and member "
                + candidate.id()
                + " could be elected without it under "
                + candidate.durableMembership());
      }
    }
  }

  private static boolean wouldVote(Cluster cluster, long id, SimulatedNode candidate) {
    for (SimulatedNode voter : cluster.nodes()) {
      if (voter.id() == id) {
        return !voter.isRepairing()
            && (candidate.durableLastTerm() > voter.durableLastTerm()
                || candidate.durableLastTerm() == voter.durableLastTerm()
                    && candidate.durableLastIndex() >= voter.durableLastIndex());
      }
    }
    return false;
  }
}
