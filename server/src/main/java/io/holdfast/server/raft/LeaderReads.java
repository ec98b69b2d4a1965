package io.holdfast.server.raft;

import io.holdfast.server.raft.message.ReadIndexResponse;
import java.util.ArrayDeque;

/**
 * Reads that a leader is asked to place (thesis, 6.4). Each notes the commit index and waits until
 * a quorum has answered a heartbeat sent later: then nobody else can have been leading when it
 * came. Rounds are numbered by contexts; a confirmation of one confirms all before it.
 *
 * <p>Reads that come before the leader has committed an entry of its own term wait for that first.
 */
final class LeaderReads {
  private final Member member;
  private final ArrayDeque<Read> tooEarly = new ArrayDeque<>();
  private final ArrayDeque<Read> waiting = new ArrayDeque<>();
  private long lastContext;

  /** A read of this member (from itself) or forwarded by another. */
  private record Read(long from, long requestId, long index, long context) {}

  LeaderReads(Member member) {
    this.member = member;
  }

  /**
   * @return whether heartbeats have to go out, to start a round
   */
  boolean add(long from, long requestId) {
    if (tooEarly.size() + waiting.size() >= member.config.pendingReadsMax()) {
      if (from == member.id) {
        member.outbox.reject(new Rejection.OfRead(Rejection.Reason.TOO_MANY_READS, requestId));
      }
      return false;
    }
    if (!member.mayServeReads()) {
      tooEarly.add(new Read(from, requestId, 0, 0));
      return false;
    }
    lastContext = member.rules.nextReadContext(lastContext);
    waiting.add(new Read(from, requestId, member.log.commitIndex(), lastContext));
    // A single voter is a quorum by itself: the answer is there at once.
    confirm();
    return !waiting.isEmpty();
  }

  /** The newest round that still waits; 0 = none. */
  long openContext() {
    return waiting.isEmpty() ? 0 : lastContext;
  }

  /** Answers all reads of rounds that a quorum has confirmed. */
  void confirm() {
    if (waiting.isEmpty()) {
      return;
    }
    long confirmed = member.peers.confirmedReadContext();
    while (!waiting.isEmpty() && waiting.peek().context <= confirmed) {
      Read read = waiting.poll();
      answer(read.from, read.requestId, read.index);
    }
  }

  /**
   * Lets the reads go on that came before the leader's first commit.
   *
   * @return whether heartbeats have to go out
   */
  boolean release() {
    if (tooEarly.isEmpty() || !member.mayServeReads()) {
      return false;
    }
    boolean round = false;
    for (int left = tooEarly.size(); left > 0; left--) {
      Read read = tooEarly.poll();
      round |= add(read.from, read.requestId);
    }
    return round;
  }

  /** Leadership is lost: nobody will confirm. Followers ask again by themselves. */
  void abandon() {
    abandon(tooEarly);
    abandon(waiting);
  }

  private void abandon(ArrayDeque<Read> reads) {
    for (Read read : reads) {
      if (read.from == member.id) {
        member.outbox.reject(new Rejection.OfRead(Rejection.Reason.LEADER_CHANGED, read.requestId));
      }
    }
    reads.clear();
  }

  private void answer(long from, long requestId, long index) {
    if (from == member.id) {
      member.outbox.readState(requestId, index);
    } else {
      member.outbox.send(new ReadIndexResponse(member.id, from, member.term, requestId, index));
    }
  }
}
