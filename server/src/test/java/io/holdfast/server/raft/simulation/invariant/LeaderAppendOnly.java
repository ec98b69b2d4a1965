package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.simulation.SimulatedNode;
import io.holdfast.server.raft.simulation.SimulationFailure;

/**
 * Leader Append-Only (Raft paper, figure 3 and 5.3): "a leader never overwrites or deletes entries
 * in its log; it only appends new entries".
 */
final class LeaderAppendOnly implements Invariant {
  @Override
  public void beforeWrite(Cluster cluster, SimulatedNode node, Ready ready) {
    if (ready.status().isLeader()
        && !ready.entries().isEmpty()
        && ready.entries().get(0).index() <= node.mirror().lastIndex()) {
      throw new SimulationFailure(
          "leader append-only",
          "leader "
              + node.id()
              + " writes "
              + ready.entries().get(0)
              + " over a log up to "
              + node.mirror().lastIndex());
    }
  }
}
