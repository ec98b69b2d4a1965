package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.simulation.SimulatedNode;
import io.holdfast.server.raft.simulation.SimulationFailure;

/**
 * Raft paper, 5.3: an entry is committed once it is "replicated on a majority of the servers"; and
 * what a server answers for is on its stable storage (figure 2). So a majority of disks has it. A
 * disk that lost the log after it had answered is counted: it is out of all elections until it has
 * the entry again.
 */
public final class CommittedIsDurable implements Invariant {
  @Override
  public void committed(Cluster cluster, SimulatedNode node, Entry entry, boolean first) {
    if (!first) {
      return;
    }
    int holders = 0;
    for (SimulatedNode one : cluster.nodes()) {
      if (one.isRepairing() || one.hasDurable(entry.index(), entry.term())) {
        holders++;
      }
    }
    if (holders <= cluster.nodes().size() / 2) {
      throw new SimulationFailure(
          "committed is durable",
          "member " + node.id() + " commits " + entry + ", which is on " + holders + " disks");
    }
  }
}
