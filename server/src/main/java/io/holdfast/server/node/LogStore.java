package io.holdfast.server.node;

import io.holdfast.server.error.StorageFailure;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.SnapshotMetadata;
import java.util.List;
import java.util.Optional;

/**
 * The member's write-ahead log, as the node needs it: the only place where the promises made to
 * peers and clients are kept.
 *
 * <p>One thread at a time calls it (the loop, or the log thread of a clustered member). Every
 * method throws {@link StorageFailure} when the disk refuses; after that nothing written since the
 * last successful {@link #sync} may be believed, so the caller ends the process and never retries.
 */
public interface LogStore extends AutoCloseable {
  /**
   * Writes behind what was written before; durable only after {@link #sync}.
   *
   * @param hardState the newest term, vote and commit, when one of them changed
   * @param entries consecutive entries; where the first one's index is not above the last index
   *     held, the log is replaced from there on
   */
  void append(Optional<HardState> hardState, List<Entry> entries);

  /** Makes everything appended so far durable with one fdatasync. */
  void sync();

  /**
   * Records that the state machine durably holds everything up to an index of this log, so that
   * recovery starts there. Entries are kept on both sides of the mark. Durable after the next
   * {@link #sync}.
   */
  void snapshotSaved(SnapshotMetadata metadata);

  /**
   * Starts the log anew behind a snapshot that came from the leader: every entry written before is
   * void, also those above the snapshot's index. Durable after the next {@link #sync}.
   */
  void snapshotInstalled(SnapshotMetadata metadata);

  /**
   * Allows segments whose entries all lie below an index to be recycled.
   *
   * @param index the first index that must stay readable after a restart
   */
  void truncatePrefix(long index);

  /** Syncs and closes the files. */
  @Override
  void close();
}
