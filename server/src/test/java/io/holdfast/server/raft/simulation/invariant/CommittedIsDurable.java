package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.simulation.SimulatedNode;
import io.holdfast.server.raft.simulation.SimulationFailure;

/**
 * Raft paper, 5.3: an entry is committed once it is "replicated on a majority of the servers"; and
 * what a server answers for is on its stable storage (figure 2). So a majority of disks has it, by
 * the membership in force, in both halves of a joint one. A disk that lost the log after it had
 * answered is counted: it is out of all elections until it has the entry again.
 */
final class CommittedIsDurable implements Invariant {
  @Override
  public void committed(Cluster cluster, SimulatedNode node, Entry entry, boolean first) {
    if (!first) {
      return;
    }
    ConfState membership = node.status().confState();
    if (!Majorities.decide(membership, id -> isHolder(cluster, id, entry))) {
      throw new SimulationFailure(
          "committed is durable",
          "member " + node.id() + " commits " + entry + " without a majority of " + membership);
    }
  }

  private static boolean isHolder(Cluster cluster, long id, Entry entry) {
    for (SimulatedNode one : cluster.nodes()) {
      if (one.id() == id) {
        return one.isRepairing() || one.hasDurable(entry.index(), entry.term());
      }
    }
    return false;
  }
}
