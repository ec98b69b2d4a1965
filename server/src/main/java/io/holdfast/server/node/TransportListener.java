package io.holdfast.server.node;

import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;

/** Where the transport hands what comes in. Called on network threads; never blocks. */
public interface TransportListener {
  /** A message from a peer; dropped when the member is overloaded. */
  void receive(Message message);

  /** A snapshot arrived whole and verified, together with the message that announces it. */
  void receiveSnapshot(InstallSnapshot message, ReceivedSnapshot snapshot);

  /** Something for this peer was dropped, or the connection to it broke. */
  void unreachable(long peerId);

  /**
   * The peer's process has ended: all its connections are closed and its port refuses new ones.
   * Told again while that lasts. A hint, never needed: without it the peer's silence tells the
   * same, later.
   */
  void gone(long peerId);

  /** The transfer of a snapshot to a peer ended. */
  void snapshotReported(long peerId, boolean delivered);
}
