package io.holdfast.server.node;

import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;

/**
 * Carries Raft messages to peers. Sending never blocks and never fails: what cannot be queued or
 * delivered is dropped, and {@link TransportListener#unreachable} tells the core to probe again.
 * Raft repeats what it still needs.
 */
public interface Transport extends AutoCloseable {
  /** Queues a message for its addressee; any thread. */
  void send(Message message);

  /**
   * Streams a snapshot to the message's addressee in the background, closes the content, and
   * reports the outcome through {@link TransportListener#snapshotReported}; any thread.
   */
  void sendSnapshot(InstallSnapshot message, SnapshotContent content);

  /** Stops receiving and sending. */
  @Override
  void close();
}
