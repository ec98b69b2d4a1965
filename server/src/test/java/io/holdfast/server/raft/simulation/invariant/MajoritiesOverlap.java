package io.holdfast.server.raft.simulation.invariant;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.membership.LoggedConfChange;
import io.holdfast.server.raft.simulation.SimulatedNode;
import io.holdfast.server.raft.simulation.SimulationFailure;
import java.util.HashSet;
import java.util.Set;

/**
 * Raft thesis, 4.1: "any majority of the old cluster overlaps with any majority of the new cluster;
 * this overlap prevents the cluster from splitting into two independent majorities". So it is
 * between each two memberships that follow each other in a log.
 */
final class MajoritiesOverlap implements Invariant {
  private record Step(ConfState before, ConfState after) {}

  private final Set<Step> known = new HashSet<>();

  @Override
  public void stepped(Cluster cluster, SimulatedNode node, Ready ready) {
    for (Entry entry : ready.entries()) {
      if (entry.type() == EntryType.CONFIG_CHANGE) {
        ConfState before = node.mirror().membershipBefore(entry.index());
        ConfState after = LoggedConfChange.decode(entry.data()).confState();
        boolean joiner = before.voters().isEmpty();
        if (!joiner && known.add(new Step(before, after)) && !Majorities.overlap(before, after)) {
          throw new SimulationFailure(
              "majorities overlap",
              "member " + node.id() + " goes from " + before + " to " + after);
        }
      }
    }
  }
}
