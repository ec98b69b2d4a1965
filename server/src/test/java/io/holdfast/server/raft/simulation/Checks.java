package io.holdfast.server.raft.simulation;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.membership.LoggedConfChange;
import io.holdfast.server.raft.message.Message;
import io.holdfast.server.raft.simulation.invariant.Cluster;
import io.holdfast.server.raft.simulation.invariant.Invariant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Shows every event to every invariant, and keeps what they all need: which entries are committed,
 * as soon as any member knows it.
 */
final class Checks implements Cluster {
  private final List<SimulatedNode> nodes;
  private final List<Invariant> invariants;
  private final List<Entry> committed = new ArrayList<>();
  private final List<AppliedCommand> applied = new ArrayList<>();
  private final TreeMap<Long, ConfState> memberships = new TreeMap<>();
  private final long[] commitSeen = new long[Settings.MEMBERS_MAX + 1];
  private long appliedIndex;

  Checks(List<SimulatedNode> nodes, List<Invariant> invariants) {
    this.nodes = nodes;
    this.invariants = invariants;
  }

  @Override
  public List<SimulatedNode> nodes() {
    return nodes;
  }

  @Override
  public List<Entry> committed() {
    return committed;
  }

  @Override
  public ConfState membershipAt(long index) {
    Map.Entry<Long, ConfState> last = memberships.floorEntry(index);
    return last == null ? ConfState.NONE : last.getValue();
  }

  List<AppliedCommand> appliedCommands() {
    return applied;
  }

  void started(SimulatedNode node) {
    commitSeen[(int) node.id()] = 0;
    for (Invariant invariant : invariants) {
      invariant.started(this, node);
    }
    noteCommits(node);
  }

  /** The core has answered, the mirror shows the log as it was before. */
  void beforeWrite(SimulatedNode node, Ready ready) {
    for (Invariant invariant : invariants) {
      invariant.beforeWrite(this, node, ready);
    }
  }

  void stepped(SimulatedNode node, Ready ready) {
    for (Invariant invariant : invariants) {
      invariant.stepped(this, node, ready);
    }
    noteCommits(node);
  }

  void beforeSend(SimulatedNode node, Message message) {
    for (Invariant invariant : invariants) {
      invariant.beforeSend(this, node, message);
    }
  }

  void applied(SimulatedNode node, Entry entry, KeyValueMachine.Result result) {
    if (entry.index() > appliedIndex) {
      appliedIndex = entry.index();
      if (result != null) {
        applied.add(
            new AppliedCommand(
                entry.index(), result.operationId(), result.changed(), result.revision()));
      }
    }
    for (Invariant invariant : invariants) {
      invariant.applied(this, node, entry);
    }
  }

  private void noteCommits(SimulatedNode node) {
    long commit = node.status().commitIndex();
    int slot = (int) node.id();
    if (commit <= commitSeen[slot]) {
      return;
    }
    long from = Math.max(commitSeen[slot], node.mirror().baseIndex()) + 1;
    commitSeen[slot] = commit;
    for (long index = from; index <= commit; index++) {
      Entry entry = node.mirror().at(index);
      boolean first = index > committed.size();
      if (entry == null || index > committed.size() + 1) {
        throw new SimulationFailure(
            "state machine safety",
            "member "
                + node.id()
                + " takes index "
                + index
                + " for committed, its log ends at "
                + node.mirror().lastIndex()
                + ", others know of "
                + committed.size());
      }
      if (first) {
        committed.add(entry);
        if (entry.type() == EntryType.CONFIG_CHANGE) {
          memberships.put(index, LoggedConfChange.decode(entry.data()).confState());
        }
      }
      for (Invariant invariant : invariants) {
        invariant.committed(this, node, entry, first);
      }
    }
  }
}
