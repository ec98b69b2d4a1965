package io.holdfast.server.raft;

import io.holdfast.server.raft.membership.ConfChange;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.membership.LoggedConfChange;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * How a cluster's first members begin: with the same first entry in each of their logs, which holds
 * the first membership and is committed from the start. Members that join later, with empty logs,
 * get it like any other entry.
 */
public final class Bootstrap {
  private Bootstrap() {}

  /**
   * What a founding member starts from. Entry and hard state must be durable before the core is
   * made of them.
   *
   * @param voters the founding members, the same on each of them
   * @param context goes into the entry's {@link ConfChange}; the same on each founding member
   */
  public static Restored founding(Collection<Long> voters, byte[] context) {
    List<ConfChange.Step> steps = new ArrayList<>();
    for (long voter : new TreeSet<>(voters)) {
      steps.add(new ConfChange.Step(ConfChange.Kind.ADD_VOTER, voter));
    }
    LoggedConfChange first =
        new LoggedConfChange(new ConfChange(steps, context), ConfState.ofVoters(voters));
    Entry entry = new Entry(1, 1, EntryType.CONFIG_CHANGE, first.encode());
    return new Restored(
        new HardState(1, 0, 1), SnapshotMetadata.initial(ConfState.NONE), List.of(entry), 0);
  }

  /** What a member starts from that joins a cluster: nothing. It waits to be spoken to. */
  public static Restored joining() {
    return new Restored(HardState.INITIAL, SnapshotMetadata.initial(ConfState.NONE), List.of(), 0);
  }
}
