package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.simulation.SimulatedNode;
import io.holdfast.server.raft.simulation.SimulationFailure;

/**
 * Raft thesis, 4.1: "a server always uses the latest configuration in its log, regardless of
 * whether the entry is committed"; and a snapshot stands for the membership of its index (paper,
 * section 7).
 */
final class MembershipFollowsTheLog implements Invariant {
  @Override
  public void started(Cluster cluster, SimulatedNode node) {
    compare(node, node.status().confState());
  }

  @Override
  public void stepped(Cluster cluster, SimulatedNode node, Ready ready) {
    compare(node, ready.status().confState());
    if (ready.snapshotToInstall().isPresent()) {
      SnapshotMetadata snapshot = ready.snapshotToInstall().get();
      ConfState committed = cluster.membershipAt(snapshot.index());
      if (!snapshot.confState().equals(committed)) {
        throw new SimulationFailure(
            "snapshots hold their membership",
            "member " + node.id() + " gets " + snapshot + ", committed there is " + committed);
      }
    }
  }

  private static void compare(SimulatedNode node, ConfState used) {
    ConfState logged = node.mirror().membership();
    if (used != logged && !used.equals(logged)) {
      throw new SimulationFailure(
          "membership follows the log",
          "member " + node.id() + " uses " + used + ", its log says " + logged);
    }
  }
}
