package io.holdfast.server.node;

import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.SnapshotMetadata;

/**
 * How the node gets what the core asks for onto the disk. Called on the loop thread, in the order
 * of the Readys; see {@link InlinePersistence} and {@link LogThread}.
 *
 * <p>The ordering contract lives here: a message marked {@code afterPersist} is handed to the
 * transport, and {@code Ready.persisted} to the core, only after a sync that covers this Ready and
 * all before it has returned.
 */
interface Persistence {
  /** Begins to work; once, before anything else. */
  void start();

  /** Writes hard state and entries, then sends and reports as the contract says. */
  void write(Ready ready);

  /**
   * Records from where recovery starts and gives up the log before that.
   *
   * @param point durably held by the state machine
   */
  void recoveryPoint(SnapshotMetadata point);

  /** Starts the log anew behind an installed snapshot and waits until that is durable. */
  void snapshotInstalled(SnapshotMetadata snapshot, Ready ready);

  /** Whether proposals should wait a moment because enough is on its way to the disk already. */
  boolean isBusy();

  /** Writes and syncs what is left. */
  void finish();
}
