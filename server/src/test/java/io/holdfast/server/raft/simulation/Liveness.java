package io.holdfast.server.raft.simulation;

import java.util.List;

/**
 * Once nothing goes wrong any more, a leader is there, calls are answered and all members come to
 * the same state (paper, 5.4.3 and 5.6: availability under broadcast time much below the election
 * timeout).
 */
final class Liveness {
  private static final String PROPERTY = "liveness";

  private Liveness() {}

  static void check(List<SimulatedNode> nodes, List<Operation> last) {
    SimulatedNode first = nodes.get(0);
    long leader = first.status().leaderId();
    require(leader != 0, "no leader: " + first.status());
    for (SimulatedNode node : nodes) {
      require(
          node.status().leaderId() == leader,
          "leaders differ: " + first.status() + " and " + node.status());
      require(
          node.machine().appliedIndex() == first.machine().appliedIndex(),
          "applied differently far: " + first.status() + " and " + node.status());
      require(
          node.machine().sameStateAs(first.machine()),
          "members " + first.id() + " and " + node.id() + " differ in state");
    }
    for (Operation operation : last) {
      require(
          operation.outcome == Operation.Outcome.DONE,
          "unanswered: " + operation + ", leader " + nodes.get((int) leader - 1).status());
    }
  }

  private static void require(boolean holds, String detail) {
    if (!holds) {
      throw new SimulationFailure(PROPERTY, detail);
    }
  }
}
