package io.holdfast.server.raft;

import io.holdfast.server.raft.message.ReadIndex;
import java.util.ArrayDeque;

/**
 * Reads of a follower, which it asks its leader to place. Every message carries a fresh id, and an
 * answer serves all reads that were waiting when that message left: so lost messages are simply
 * asked again, and an answer can never serve a read that came after the question.
 *
 * <p>Ids start at a random number, so that an answer to an earlier run of this member is none of
 * this run's.
 */
final class ForwardedReads {
  private final Member member;
  private final ArrayDeque<Read> waiting = new ArrayDeque<>();
  private final long firstMessageId;
  private long lastMessageId;
  private int ticksSinceAsked;

  /** A read, and the first message that asks for it. */
  private record Read(long requestId, long messageId) {}

  ForwardedReads(Member member, long randomStart) {
    this.member = member;
    this.firstMessageId = randomStart + 1;
    this.lastMessageId = randomStart;
  }

  void add(long requestId) {
    if (member.leaderId == 0) {
      reject(Rejection.Reason.NO_LEADER, requestId);
    } else if (waiting.size() >= member.config.pendingReadsMax()) {
      reject(Rejection.Reason.TOO_MANY_READS, requestId);
    } else {
      waiting.add(new Read(requestId, lastMessageId + 1));
      ask();
    }
  }

  /** Asks again when an answer is overdue. */
  void tick() {
    if (!waiting.isEmpty() && ++ticksSinceAsked > 2 * member.config.heartbeatTicks()) {
      ask();
    }
  }

  void onResponse(long messageId, long index) {
    if (messageId < firstMessageId || messageId > lastMessageId) {
      return;
    }
    while (!waiting.isEmpty() && waiting.peek().messageId <= messageId) {
      member.outbox.readState(waiting.poll().requestId, index);
    }
  }

  /** There is another leader, or none: nobody will answer. */
  void abandon() {
    for (Read read : waiting) {
      reject(Rejection.Reason.LEADER_CHANGED, read.requestId);
    }
    waiting.clear();
  }

  private void ask() {
    ticksSinceAsked = 0;
    lastMessageId++;
    member.outbox.send(new ReadIndex(member.id, member.leaderId, member.term, lastMessageId));
  }

  private void reject(Rejection.Reason reason, long requestId) {
    member.outbox.reject(new Rejection.OfRead(reason, requestId));
  }
}
