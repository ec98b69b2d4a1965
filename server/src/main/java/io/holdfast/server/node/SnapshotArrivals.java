package io.holdfast.server.node;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.InvariantViolation;
import io.holdfast.server.raft.RaftStatus;
import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.message.InstallSnapshot;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Snapshots that peers have sent, from their arrival to their installation: loaded beside the live
 * state first, on the thread that brings them, then shown to the core, which asks for the
 * installation or has no use for them. On the loop, except {@link #load}.
 */
final class SnapshotArrivals {
  private final StateMachine stateMachine;
  private Optional<Mail.SnapshotArrived> inHand = Optional.empty();

  SnapshotArrivals(StateMachine stateMachine) {
    this.stateMachine = stateMachine;
  }

  /**
   * Loads what has arrived, if the core may have a use for it. Takes long; any thread.
   *
   * @param now the status of the node
   * @throws IOException it cannot be loaded; its file is gone
   */
  Mail.SnapshotArrived load(RaftStatus now, InstallSnapshot message, ReceivedSnapshot snapshot)
      throws IOException {
    // Both only ever grow, so what the core has no use for now it will have no use for later.
    boolean useless =
        message.term() < now.term() || message.snapshot().index() <= now.commitIndex();
    Optional<PreparedState> prepared = Optional.empty();
    if (!useless) {
      try {
        prepared = Optional.of(stateMachine.prepare(snapshot));
      } catch (IOException e) {
        snapshot.delete();
        throw e;
      }
    }
    return new Mail.SnapshotArrived(message, snapshot, prepared, new CompletableFuture<>());
  }

  /** Before the core is shown the announcement: from here on it may ask for the installation. */
  void takeInHand(Mail.SnapshotArrived arrived) {
    inHand = Optional.of(arrived);
  }

  /** After the core has seen it: what it had no use for (older, or an older leader's) goes. */
  void settle(Mail.SnapshotArrived arrived) {
    if (inHand.isPresent()) {
      arrived.prepared().ifPresent(PreparedState::close);
      arrived.snapshot().delete();
      inHand = Optional.empty();
    }
    arrived.done().complete(null);
  }

  /** Puts the snapshot in hand in the place of state and log, durably. */
  void install(SnapshotMetadata metadata, Ready ready, Persistence persistence) {
    Mail.SnapshotArrived arrived =
        inHand.orElseThrow(
            () ->
                new InvariantViolation(
                    "snapshot before installation",
                    "no state arrived for index " + metadata.index()));
    PreparedState prepared =
        arrived
            .prepared()
            .orElseThrow(
                () ->
                    new InvariantViolation(
                        "a snapshot is loaded before it is installed",
                        "index " + metadata.index() + " was thought to be of no use"));
    InvariantViolation.check(
        prepared.metadata().index() == metadata.index()
            && prepared.metadata().term() == metadata.term(),
        "snapshot identity",
        "asked to install " + metadata.index() + ", holding " + prepared.metadata().index());
    // First the state, then the log: a start in between finds the state ahead and the file of the
    // snapshot still there, and starts the log anew.
    stateMachine.install(prepared);
    persistence.snapshotInstalled(metadata, ready);
    arrived.snapshot().delete();
    inHand = Optional.empty();
  }

  /** The node has ended before the core saw this one. */
  static void refuse(Mail.SnapshotArrived arrived) {
    arrived.prepared().ifPresent(PreparedState::close);
    arrived.done().completeExceptionally(EtcdError.SERVER_STOPPED.asException());
  }
}
