package io.holdfast.server.node;

import io.holdfast.server.raft.message.ForwardPropose;
import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;
import java.io.IOException;
import java.util.concurrent.CompletionStage;

/**
 * Where the transport hands what comes in. Called on network threads; does not block, except {@link
 * #receiveSnapshot}.
 */
public interface TransportListener {
  /** A message from a peer; dropped when the member is overloaded. */
  void receive(Message message);

  /**
   * A snapshot arrived whole and verified, together with the message that announces it. Loads it,
   * so this one may take long: it is called on a thread for such work, by one at a time.
   *
   * @return completes when the snapshot is installed, or it turned out that this member has no need
   *     of it; fails when the member is stopping
   * @throws IOException the snapshot cannot be loaded; its file is gone
   */
  CompletionStage<Void> receiveSnapshot(InstallSnapshot message, ReceivedSnapshot snapshot)
      throws IOException;

  /** The disk failed under the transport: the member must end. */
  void fail(Throwable cause);

  /** Something for this peer was dropped, or the connection to it broke. */
  void unreachable(long peerId);

  /**
   * Commands for this peer never left the process, as there is no connection: the peer has not
   * logged them, and they may be proposed again.
   */
  void notSent(ForwardPropose message);

  /**
   * The peer's process has ended: all its connections are closed and its port refuses new ones.
   * Told again while that lasts. A hint, never needed: without it the peer's silence tells the
   * same, later.
   */
  void gone(long peerId);

  /** The transfer of a snapshot to a peer ended. */
  void snapshotReported(long peerId, boolean delivered);
}
