package io.holdfast.server.node;

import java.util.concurrent.atomic.AtomicInteger;

/** What has been handed to the node and waits in it, each kind within its bound. */
final class Intake {
  final ProposalQueue proposals;
  final ReadQueue reads;
  private final AtomicInteger messages = new AtomicInteger();
  private final int messagesMax;

  /**
   * @param firstReadId where the ids of reads begin; must differ from run to run of the process
   */
  Intake(NodeOptions options, long firstReadId) {
    proposals = new ProposalQueue(options);
    reads = new ReadQueue(options, firstReadId);
    messagesMax = options.messagesPendingMax();
  }

  /** Reserves room for a message of a peer; any thread. */
  boolean reserveMessage() {
    if (messages.incrementAndGet() > messagesMax) {
      messages.decrementAndGet();
      return false;
    }
    return true;
  }

  /** A message with a reservation is being worked on. */
  void messageTaken() {
    messages.decrementAndGet();
  }
}
