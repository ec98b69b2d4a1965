package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.simulation.SimulatedNode;
import io.holdfast.server.raft.simulation.SimulationFailure;

/**
 * Raft thesis, 4.1: a change may begin only when the one before is committed. So no log has more
 * than one change above what is committed.
 */
final class OneChangeAtATime implements Invariant {
  @Override
  public void stepped(Cluster cluster, SimulatedNode node, Ready ready) {
    long committed = Math.max(cluster.committed().size(), ready.status().commitIndex());
    if (!ready.entries().isEmpty() && node.mirror().changesAbove(committed) > 1) {
      throw new SimulationFailure(
          "one change at a time",
          "member "
              + node.id()
              + " holds two membership changes above "
              + committed
              + ", up to where entries are committed");
    }
  }
}
