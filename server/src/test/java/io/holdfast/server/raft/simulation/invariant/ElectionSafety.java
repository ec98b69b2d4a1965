package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.simulation.SimulatedNode;
import io.holdfast.server.raft.simulation.SimulationFailure;
import java.util.HashMap;
import java.util.Map;

/**
 * Election Safety (Raft paper, figure 3 and 5.2): "at most one leader can be elected in a given
 * term".
 */
final class ElectionSafety implements Invariant {
  private final Map<Long, Long> leaders = new HashMap<>();

  @Override
  public void stepped(Cluster cluster, SimulatedNode node, Ready ready) {
    if (!ready.status().isLeader()) {
      return;
    }
    Long other = leaders.putIfAbsent(ready.status().term(), node.id());
    if (other != null && other != node.id()) {
      throw new SimulationFailure(
          "election safety",
          "members "
              + other
              + " and "
              + node.id()
              + " were both elected in term "
              + ready.status().term());
    }
  }
}
