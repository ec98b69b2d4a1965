package io.holdfast.server.transport;

import io.holdfast.server.raft.message.AppendEntries;
import io.holdfast.server.raft.message.CommitNotice;
import io.holdfast.server.raft.message.Heartbeat;
import io.holdfast.server.raft.message.Message;
import java.util.Optional;

/**
 * Decides which commit notices for a peer wait a moment, for the next entries to carry the commit
 * index. While one write follows the other, that saves a message, and the peer a wake-up, for each
 * of them; in a cluster with one busy client these are a good part of all there is to do.
 *
 * <p>A notice waits only while entries go to the peer in quick succession, never longer than {@link
 * #HOLD_NANOS}, and not at all for a peer that has lately passed proposals or reads on: its clients
 * wait for it to apply them. A lone write is told at once. Nothing depends on a notice: a lost one
 * is made good by the next heartbeat.
 *
 * <p>Thread-safe. Times are the monotonic clock's, in nanoseconds.
 */
final class CommitHold {
  static final long HOLD_NANOS = 5_000_000;

  /** For so long after it asked something, a peer is told at once. */
  private static final long ASKED_NANOS = 200_000_000;

  private static final long GAP_NANOS_MAX = 8 * HOLD_NANOS;

  /** The mean moves by this part of the difference. */
  private static final int MEAN_PART = 8;

  private long meanGapNanos = GAP_NANOS_MAX;
  private long entriesAt;
  private boolean entriesSeen;
  private long askedAt;
  private boolean asked;
  private CommitNotice held;
  private long heldAt;
  private boolean timed;

  /** What is to be done with a message. */
  enum Verdict {
    /** It goes. */
    SEND,
    /** It waits; the timer runs already. */
    WAIT,
    /** It waits, and {@link #due} is to be called after {@link #HOLD_NANOS}. */
    WAIT_AND_TIME
  }

  /** The peer waits for what it has passed on; what was held back for it goes now. */
  synchronized Optional<CommitNotice> peerAsked(long now) {
    asked = true;
    askedAt = now;
    return release();
  }

  /** Takes note of a message to the peer, in the order in which they are sent. */
  synchronized Verdict judge(Message message, long now) {
    if (message instanceof AppendEntries append) {
      held = null;
      if (!append.entries().isEmpty()) {
        entriesLeave(now);
      }
    } else if (message instanceof Heartbeat) {
      held = null;
    } else if (message instanceof CommitNotice notice && isBusy(now)) {
      if (held == null) {
        heldAt = now;
      }
      held = notice;
      Verdict verdict = timed ? Verdict.WAIT : Verdict.WAIT_AND_TIME;
      timed = true;
      return verdict;
    }
    return Verdict.SEND;
  }

  /** What {@link #due} asks for. */
  record Due(Optional<CommitNotice> notice, long nanosUntilNext) {
    boolean again() {
      return nanosUntilNext > 0;
    }
  }

  /** The timer has run out: a notice may have waited long enough. */
  synchronized Due due(long now) {
    if (held != null && now - heldAt < HOLD_NANOS) {
      return new Due(Optional.empty(), HOLD_NANOS - (now - heldAt));
    }
    timed = false;
    return new Due(release(), 0);
  }

  private Optional<CommitNotice> release() {
    Optional<CommitNotice> released = Optional.ofNullable(held);
    held = null;
    return released;
  }

  private void entriesLeave(long now) {
    if (entriesSeen) {
      long gap = Math.min(GAP_NANOS_MAX, now - entriesAt);
      meanGapNanos += (gap - meanGapNanos) / MEAN_PART;
    }
    entriesSeen = true;
    entriesAt = now;
  }

  private boolean isBusy(long now) {
    boolean quick = entriesSeen && meanGapNanos < HOLD_NANOS && now - entriesAt < HOLD_NANOS;
    return quick && !(asked && now - askedAt < ASKED_NANOS);
  }
}
