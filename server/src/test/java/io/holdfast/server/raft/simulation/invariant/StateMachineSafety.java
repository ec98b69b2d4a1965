package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.simulation.SimulatedNode;
import io.holdfast.server.raft.simulation.SimulationFailure;

/**
 * State Machine Safety (Raft paper, figure 3 and 5.4.3): "if a server has applied a log entry at a
 * given index to its state machine, no other server will ever apply a different log entry for the
 * same index". Already two different opinions of what is committed there break it.
 */
final class StateMachineSafety implements Invariant {
  @Override
  public void committed(Cluster cluster, SimulatedNode node, Entry entry, boolean first) {
    compare(cluster, node, entry, "takes for committed");
  }

  @Override
  public void applied(Cluster cluster, SimulatedNode node, Entry entry) {
    compare(cluster, node, entry, "applies");
  }

  private static void compare(Cluster cluster, SimulatedNode node, Entry entry, String what) {
    Entry committed =
        entry.index() <= cluster.committed().size()
            ? cluster.committed().get((int) entry.index() - 1)
            : null;
    if (committed == null || committed.term() != entry.term()) {
      throw new SimulationFailure(
          "state machine safety",
          "member " + node.id() + " " + what + " " + entry + ", committed is " + committed);
    }
  }
}
