package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.RaftStatus;
import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.simulation.SimulatedNode;
import io.holdfast.server.raft.simulation.SimulationFailure;
import java.util.HashMap;
import java.util.Map;

/**
 * Raft paper, figure 2: current term "increases monotonically", and so do commit index and last
 * applied, the latter entry by entry. The term a member has told others does not fall by a restart
 * either.
 */
final class Monotonicity implements Invariant {
  private final Map<Long, RaftStatus> last = new HashMap<>();
  private final Map<Long, Long> durableTerms = new HashMap<>();
  private final Map<Long, Long> applied = new HashMap<>();

  @Override
  public void started(Cluster cluster, SimulatedNode node) {
    RaftStatus status = node.status();
    long term = durableTerms.getOrDefault(node.id(), 0L);
    require(status.term() >= term, node, "term after restart", term, status.term());
    last.put(node.id(), status);
    applied.put(node.id(), status.appliedIndex());
  }

  @Override
  public void stepped(Cluster cluster, SimulatedNode node, Ready ready) {
    RaftStatus before = last.put(node.id(), ready.status());
    RaftStatus now = ready.status();
    if (before == now) {
      return;
    }
    require(now.term() >= before.term(), node, "term", before.term(), now.term());
    require(
        now.commitIndex() >= before.commitIndex(),
        node,
        "commit index",
        before.commitIndex(),
        now.commitIndex());
    require(
        now.appliedIndex() >= before.appliedIndex(),
        node,
        "applied index",
        before.appliedIndex(),
        now.appliedIndex());
    durableTerms.put(node.id(), node.durableTerm());
    if (now.appliedIndex() > applied.get(node.id())) {
      applied.put(node.id(), now.appliedIndex());
    }
  }

  @Override
  public void applied(Cluster cluster, SimulatedNode node, Entry entry) {
    long before = applied.put(node.id(), entry.index());
    require(entry.index() == before + 1, node, "applied entry", before, entry.index());
  }

  private static void require(
      boolean holds, SimulatedNode node, String what, long before, long now) {
    if (!holds) {
      throw new SimulationFailure(
          "monotonicity", what + " of member " + node.id() + " goes from " + before + " to " + now);
    }
  }
}
