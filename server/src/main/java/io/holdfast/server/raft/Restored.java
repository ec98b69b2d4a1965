package io.holdfast.server.raft;

import java.util.List;
import java.util.Objects;

/**
 * What a member starts from: the durable state that recovery found.
 *
 * @param hardState term, vote and commit; {@link HardState#INITIAL} on first boot
 * @param snapshot the newest snapshot, or {@link SnapshotMetadata#initial} with the membership that
 *     holds before the first change in the log: see {@link Bootstrap}
 * @param entries the log's entries in order and without gaps. They may start below the snapshot
 *     (peers can then still catch up from them), at the latest just behind it
 * @param appliedIndex the last index the state machine has executed, at least the snapshot's
 * @param repairing whether this member may have acknowledged more than its log holds, because the
 *     log was lost: it then takes no part in elections until a leader has made it whole. Term and
 *     vote must be true all the same
 */
public record Restored(
    HardState hardState,
    SnapshotMetadata snapshot,
    List<Entry> entries,
    long appliedIndex,
    boolean repairing) {
  public Restored {
    Objects.requireNonNull(hardState, "hardState");
    Objects.requireNonNull(snapshot, "snapshot");
    Objects.requireNonNull(entries, "entries");
  }

  /** What a member starts from whose log is whole. */
  public Restored(
      HardState hardState, SnapshotMetadata snapshot, List<Entry> entries, long appliedIndex) {
    this(hardState, snapshot, entries, appliedIndex, false);
  }
}
