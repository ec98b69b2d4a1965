package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.simulation.SimulatedNode;
import io.holdfast.server.raft.simulation.SimulationFailure;
import java.util.ArrayList;
import java.util.List;

/**
 * Leader Completeness (Raft paper, figure 3 and 5.4): "if a log entry is committed in a given term,
 * then that entry will be present in the logs of the leaders for all higher-numbered terms".
 */
final class LeaderCompleteness implements Invariant {
  /** The term of the member that first knew, for each committed entry. */
  private final List<Long> committedInTerm = new ArrayList<>();

  private long newestLeaderTerm;

  @Override
  public void stepped(Cluster cluster, SimulatedNode node, Ready ready) {
    if (!ready.status().isLeader() || ready.status().term() <= newestLeaderTerm) {
      return;
    }
    newestLeaderTerm = ready.status().term();
    for (int i = 0; i < committedInTerm.size(); i++) {
      if (committedInTerm.get(i) < newestLeaderTerm) {
        require(node, cluster.committed().get(i));
      }
    }
  }

  @Override
  public void committed(Cluster cluster, SimulatedNode node, Entry entry, boolean first) {
    if (!first) {
      return;
    }
    long term = node.status().term();
    committedInTerm.add(term);
    for (SimulatedNode other : cluster.nodes()) {
      if (other.isRunning() && other.status().isLeader() && other.status().term() > term) {
        require(other, entry);
      }
    }
  }

  private static void require(SimulatedNode leader, Entry entry) {
    boolean there =
        entry.index() < leader.mirror().baseIndex()
            || leader.mirror().termAt(entry.index()) == entry.term();
    if (!there) {
      throw new SimulationFailure(
          "leader completeness",
          "leader "
              + leader.id()
              + " of term "
              + leader.status().term()
              + " lacks committed "
              + entry);
    }
  }
}
