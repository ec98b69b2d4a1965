package io.holdfast.server.node;

import io.holdfast.server.raft.Input;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** One thing that another thread wants of the loop. */
sealed interface Mail {
  record Propose(Proposal proposal) implements Mail {}

  record Read(ReadQueue.PendingRead index) implements Mail {}

  record Arrived(Message message) implements Mail {}

  /** {@code prepared} is empty when it was clear before that nothing will be installed. */
  record SnapshotArrived(
      InstallSnapshot message,
      ReceivedSnapshot snapshot,
      Optional<PreparedState> prepared,
      CompletableFuture<Void> done)
      implements Mail {}

  record Step(Input input) implements Mail {}

  record Change(ConfRequest request, CompletableFuture<ConfState> done) implements Mail {}

  record Run(Runnable task) implements Mail {}
}
