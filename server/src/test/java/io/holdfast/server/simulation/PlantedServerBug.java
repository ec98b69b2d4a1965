package io.holdfast.server.simulation;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.BackendOptions;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.error.StorageFailure;
import io.holdfast.server.node.LogStore;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.SnapshotMetadata;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Mistakes that stores have made, built into the simulated server to see whether they are found.
 */
enum PlantedServerBug {
  NONE,
  /** The log's syncs do nothing. */
  LOG_NOT_SYNCED,
  /** The store file's syncs do nothing, yet the log is cut behind them. */
  STORE_NOT_SYNCED,
  /** A new file's name is never made durable. */
  DIRECTORY_NOT_SYNCED,
  /** Promises leave before the log is synced: each sync is done only when the next one comes. */
  ACKNOWLEDGED_BEFORE_SYNC,
  /** A failed sync is taken for a good one. */
  FAILED_SYNC_IGNORED,
  /** Leases are timed by the wall clock. */
  LEASES_BY_WALL_CLOCK,
  /** A watch that is resumed begins one revision late. */
  WATCH_RESUMED_LATE,
  /** A watch is resumed at the revision it has already seen. */
  WATCH_RESUMED_EARLY,
  /** Linearizable reads are answered from the member's own state. */
  READ_WITHOUT_QUORUM,
  /** A request is sent again when its answer is slow. */
  SENT_TWICE,
  /** A member whose disk was lost starts again under its old name, as if nothing had happened. */
  LOST_DISK_STARTED_AGAIN,
  /** A store is left behind whose applied index is ahead of its data. */
  APPLIED_INDEX_BESIDE_THE_DATA,
  /** A snapshot is written over the store that is in use, not beside it. */
  SNAPSHOT_OVER_THE_LIVE_STORE,
  /** Whoever waited for a lock takes it without looking whether its own key is still there. */
  LOCK_WITHOUT_A_LAST_LOOK;

  /** What kind of run shows it. */
  Weather weather() {
    return switch (this) {
      case LOST_DISK_STARTED_AGAIN -> Weather.memberStorm();
      case LOCK_WITHOUT_A_LAST_LOOK -> Weather.lockStorm();
      default -> Weather.storm(60);
    };
  }

  /** Does to a machine's disk what the mistake would have left there. */
  void beforeStart(Machine machine) {
    boolean begun = this == APPLIED_INDEX_BESIDE_THE_DATA && machine.disk().exists(Machine.STORE);
    if (!begun || machine.random().nextInt(3) > 0) {
      return;
    }
    try (Backend store =
        Backend.open(machine.disk(), Machine.STORE, new BackendOptions(1 << 20, 0))) {
      store.loadRevisions((main, sub, record) -> true);
      if (store.appliedIndex() > 0) {
        store.commit(store.appliedIndex() + 1, store.appliedTerm());
        store.sync();
      }
    } catch (StartupException e) {
      machine.timeline().trace("store not opened", machine.number(), 0);
    }
  }

  boolean skipsSyncOf(Path file) {
    String name = file.toString();
    return this == LOG_NOT_SYNCED && name.contains("/wal/")
        || this == STORE_NOT_SYNCED && name.endsWith("/db");
  }

  /** The log with the mistake in it. */
  LogStore log(LogStore log) {
    return switch (this) {
      case ACKNOWLEDGED_BEFORE_SYNC, FAILED_SYNC_IGNORED -> new MistakenLog(log);
      default -> log;
    };
  }

  private final class MistakenLog implements LogStore {
    private final LogStore log;
    private boolean syncOwed;

    MistakenLog(LogStore log) {
      this.log = log;
    }

    @Override
    public void append(Optional<HardState> hardState, List<Entry> entries) {
      if (PlantedServerBug.this == ACKNOWLEDGED_BEFORE_SYNC && syncOwed) {
        log.sync();
        syncOwed = false;
      }
      log.append(hardState, entries);
    }

    @Override
    public void sync() {
      if (PlantedServerBug.this == ACKNOWLEDGED_BEFORE_SYNC) {
        syncOwed = true;
        return;
      }
      try {
        log.sync();
      } catch (StorageFailure e) {
        if (PlantedServerBug.this != FAILED_SYNC_IGNORED) {
          throw e;
        }
      }
    }

    @Override
    public void snapshotSaved(SnapshotMetadata metadata) {
      log.snapshotSaved(metadata);
    }

    @Override
    public void snapshotInstalled(SnapshotMetadata metadata) {
      log.snapshotInstalled(metadata);
    }

    @Override
    public void truncatePrefix(long index) {
      log.truncatePrefix(index);
    }

    @Override
    public void close() {
      log.close();
    }
  }
}
