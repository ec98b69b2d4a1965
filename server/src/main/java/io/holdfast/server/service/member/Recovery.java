package io.holdfast.server.service.member;

import io.holdfast.server.error.StartupException;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.Restored;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.wal.Recovered;
import io.holdfast.server.wal.Wal;
import java.util.List;
import java.util.Optional;

/**
 * Brings log and store together at the start. The store may lag behind the log: what is missing is
 * applied again. It may be ahead only when a snapshot of the leader was installed and the process
 * ended before the log took note; the log is then started anew behind it. Anything else means that
 * files were lost or mixed up, and is refused.
 */
final class Recovery {
  private Recovery() {}

  /**
   * @param appliedIndex what the store shows
   * @param received the newest snapshot that lies complete in the directory
   * @throws StartupException when log and store do not belong together
   */
  static Restored restore(
      Wal wal,
      Recovered log,
      long appliedIndex,
      long appliedTerm,
      DataDirectory directory,
      ConfState configured,
      Optional<SnapshotMetadata> received) {
    if (log.fresh() && appliedIndex > 0) {
      throw new StartupException(
          "the store "
              + directory.store()
              + " holds data up to index "
              + appliedIndex
              + " but the log "
              + directory.wal()
              + " is new: restore the log's directory, or start with an empty --data-dir");
    }
    if (appliedIndex < log.snapshot().index()) {
      throw new StartupException(
          "the store "
              + directory.store()
              + " shows index "
              + appliedIndex
              + " but the log "
              + directory.wal()
              + " begins behind index "
              + log.snapshot().index()
              + ": restore the store's file, or start with an empty --data-dir and let the"
              + " cluster send its state");
    }
    if (appliedIndex > log.lastIndex()) {
      if (received.isEmpty() || received.get().index() != appliedIndex) {
        throw new StartupException(
            "the log "
                + directory.wal()
                + " ends at index "
                + log.lastIndex()
                + " but the store "
                + directory.store()
                + " shows index "
                + appliedIndex
                + ": the log has lost entries; restore its directory, or start with an empty"
                + " --data-dir and let the cluster send its state");
      }
      return finishInstallation(wal, log, appliedIndex, appliedTerm, configured);
    }
    SnapshotMetadata snapshot =
        log.snapshot().isNone() ? SnapshotMetadata.initial(configured) : log.snapshot();
    return new Restored(log.hardState(), snapshot, log.entries(), appliedIndex);
  }

  private static Restored finishInstallation(
      Wal wal, Recovered log, long appliedIndex, long appliedTerm, ConfState configured) {
    SnapshotMetadata snapshot = new SnapshotMetadata(appliedIndex, appliedTerm, configured);
    HardState before = log.hardState();
    HardState hardState =
        appliedTerm > before.term()
            ? new HardState(appliedTerm, 0, appliedIndex)
            : new HardState(before.term(), before.vote(), appliedIndex);
    wal.snapshotInstalled(snapshot);
    wal.append(Optional.of(hardState), List.of());
    wal.sync();
    return new Restored(hardState, snapshot, List.of(), appliedIndex);
  }
}
