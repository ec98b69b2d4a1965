package io.holdfast.server.raft.simulation;

import io.holdfast.server.raft.RaftStatus;
import java.util.List;

/**
 * Once nothing goes wrong any more, a leader is there, a membership change under way comes to its
 * end, calls are answered and all members come to the same state (paper, 5.4.3 and 5.6:
 * availability under broadcast time much below the election timeout). Members that are removed and
 * still run cannot unseat the leader, where pre-votes and the quorum check guard it (thesis,
 * 4.2.3).
 */
final class Liveness {
  private static final String PROPERTY = "liveness";

  private Liveness() {}

  /** Who is a member once the cluster has settled. */
  static List<SimulatedNode> members(Simulation simulation, SimulatedNode leader) {
    if (leader == null) {
      StringBuilder all = new StringBuilder("no leader");
      simulation.nodes().forEach(node -> all.append("\n  ").append(describe(node)));
      throw new SimulationFailure(PROPERTY, all.toString());
    }
    RaftStatus status = leader.status();
    require(status.isConfSettled(), "the membership is not settled: " + status);
    return status.confState().members().stream().map(simulation::node).toList();
  }

  static void check(List<SimulatedNode> members, List<Operation> last, long term) {
    SimulatedNode first = members.get(0);
    long leader = first.status().leaderId();
    require(leader != 0, "no leader: " + first.status());
    require(
        first.status().term() == term,
        "the leader of term " + term + " was unseated: " + first.status());
    for (SimulatedNode node : members) {
      require(
          node.status().leaderId() == leader,
          "leaders differ: " + first.status() + " and " + node.status());
      require(
          node.machine().appliedIndex() == first.machine().appliedIndex(),
          "applied differently far: " + first.status() + " and " + node.status());
      require(
          node.machine().sameStateAs(first.machine()),
          "members " + first.id() + " and " + node.id() + " differ in state");
      require(!node.isRepairing(), "member " + node.id() + " is not whole again");
    }
    for (Operation operation : last) {
      require(operation.outcome == Operation.Outcome.DONE, "unanswered: " + operation);
    }
  }

  private static String describe(SimulatedNode node) {
    return node.id() + ": " + (node.isRetired() ? "retired, " : "") + node.status();
  }

  private static void require(boolean holds, String detail) {
    if (!holds) {
      throw new SimulationFailure(PROPERTY, detail);
    }
  }
}
