package io.holdfast.server.node;

import java.util.concurrent.atomic.LongAdder;

/** Totals since the node's start; any thread may read. */
public final class NodeCounters {
  final LongAdder leaderChanges = new LongAdder();
  final LongAdder entriesApplied = new LongAdder();
  final LongAdder proposalsRefused = new LongAdder();
  final LongAdder messagesDropped = new LongAdder();
  final LongAdder snapshotsSent = new LongAdder();
  final LongAdder snapshotsInstalled = new LongAdder();
  final LongAdder snapshotsInstalling = new LongAdder();
  final LongAdder readsFailed = new LongAdder();
  final LongAdder heartbeatsLate = new LongAdder();

  /** How often a leader was learned that is not the one known before. */
  public long leaderChangesTotal() {
    return leaderChanges.sum();
  }

  public long entriesAppliedTotal() {
    return entriesApplied.sum();
  }

  /** Proposals turned down because too much was waiting. */
  public long proposalsRefusedTotal() {
    return proposalsRefused.sum();
  }

  /** Messages of peers dropped because too many were waiting. */
  public long messagesDroppedTotal() {
    return messagesDropped.sum();
  }

  public long snapshotsSentTotal() {
    return snapshotsSent.sum();
  }

  public long snapshotsInstalledTotal() {
    return snapshotsInstalled.sum();
  }

  /** Snapshots that are being installed at this moment. */
  public long snapshotsInstalling() {
    return snapshotsInstalling.sum();
  }

  /** Times that this member, as the leader, let two heartbeat intervals pass without any. */
  public long heartbeatsLateTotal() {
    return heartbeatsLate.sum();
  }

  /** Linearizable reads that nobody confirmed in time. */
  public long readsFailedTotal() {
    return readsFailed.sum();
  }
}
