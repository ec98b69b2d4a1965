package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.simulation.SimulatedNode;
import io.holdfast.server.raft.simulation.SimulationFailure;

/**
 * A leader counts itself, and a member applies, only up to what is on its own disk: the core's
 * persisted index never points at an entry that a crash now would lose (Raft thesis, 10.2.1).
 */
final class PersistedIsDurable implements Invariant {
  @Override
  public void stepped(Cluster cluster, SimulatedNode node, Ready ready) {
    long index = ready.status().persistedIndex();
    boolean installing = index <= node.mirror().baseIndex();
    if (!installing && !node.hasDurable(index, node.mirror().termAt(index))) {
      throw new SimulationFailure(
          "persisted is durable",
          "member " + node.id() + " believes entry " + index + " to be on its disk");
    }
  }
}
