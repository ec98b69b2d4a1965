package io.holdfast.server.wal;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.SnapshotMetadata;
import java.util.List;

/**
 * What the log held when it was opened; all of it is durable.
 *
 * @param identity whose log it is
 * @param fresh true when the log was created by this opening: the member has never run
 * @param hardState the last one written; its commit index never exceeds the last index
 * @param snapshot the last mark written; index 0 when there was none
 * @param entries those above the mark, without a gap
 */
public record Recovered(
    WalIdentity identity,
    boolean fresh,
    HardState hardState,
    SnapshotMetadata snapshot,
    List<Entry> entries) {

  /** Index of the last entry, or of the mark when no entry follows it. */
  public long lastIndex() {
    return entries.isEmpty() ? snapshot.index() : entries.get(entries.size() - 1).index();
  }
}
