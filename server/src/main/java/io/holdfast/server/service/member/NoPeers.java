package io.holdfast.server.service.member;

import io.holdfast.server.error.InvariantViolation;
import io.holdfast.server.node.SnapshotContent;
import io.holdfast.server.node.Transport;
import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;

/** The transport of a member that is alone in its cluster: nothing listens, nothing is sent. */
final class NoPeers implements Transport {
  @Override
  public void send(Message message) {
    throw new InvariantViolation("a lone member has no peers", "a message to " + message.to());
  }

  @Override
  public void sendSnapshot(InstallSnapshot message, SnapshotContent content) {
    content.close();
    send(message);
  }

  @Override
  public void close() {}
}
