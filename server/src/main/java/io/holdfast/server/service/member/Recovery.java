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
 * applied again. It may be ahead of the log, or contradict it, only when a snapshot of the leader
 * was installed and the process ended before the log took note; the snapshot's file is then still
 * there, and the log is started anew behind it. Anything else means that files were lost or mixed
 * up, and is refused.
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
    if (!isInLog(log, appliedIndex, appliedTerm)) {
      SnapshotMetadata installed =
          received
              .filter(
                  snapshot -> snapshot.index() == appliedIndex && snapshot.term() == appliedTerm)
              .orElseThrow(() -> logLost(log, appliedIndex, appliedTerm, directory));
      return finishInstallation(wal, log, installed);
    }
    SnapshotMetadata snapshot =
        log.snapshot().isNone() ? SnapshotMetadata.initial(configured) : log.snapshot();
    return new Restored(log.hardState(), snapshot, log.entries(), appliedIndex);
  }

  /**
   * Whether the log agrees with what the store shows. It may reach further than the store and still
   * not agree: entries that an old leader left behind and that the installed snapshot overrules.
   */
  private static boolean isInLog(Recovered log, long appliedIndex, long appliedTerm) {
    long mark = log.snapshot().index();
    if (appliedIndex > log.lastIndex()) {
      return false;
    }
    if (appliedIndex == mark) {
      return appliedIndex == 0 || log.snapshot().term() == appliedTerm;
    }
    int position = Math.toIntExact(appliedIndex - log.entries().get(0).index());
    return position < 0 || log.entries().get(position).term() == appliedTerm;
  }

  private static StartupException logLost(
      Recovered log, long appliedIndex, long appliedTerm, DataDirectory directory) {
    return new StartupException(
        "the store "
            + directory.store()
            + " shows index "
            + appliedIndex
            + " of term "
            + appliedTerm
            + " but the log "
            + directory.wal()
            + (appliedIndex > log.lastIndex()
                ? " ends at index " + log.lastIndex() + ": the log has lost entries"
                : " holds another entry there: they are not of one member")
            + "; restore its directory, or start with an empty --data-dir and let the cluster send"
            + " its state");
  }

  /** Does what a crash kept from being done: the log begins anew behind the installed snapshot. */
  private static Restored finishInstallation(Wal wal, Recovered log, SnapshotMetadata snapshot) {
    HardState before = log.hardState();
    HardState hardState =
        snapshot.term() > before.term()
            ? new HardState(snapshot.term(), 0, snapshot.index())
            : new HardState(before.term(), before.vote(), snapshot.index());
    wal.snapshotInstalled(snapshot);
    wal.append(Optional.of(hardState), List.of());
    wal.sync();
    return new Restored(hardState, snapshot, List.of(), snapshot.index());
  }
}
