package io.holdfast.server.raft;

import io.holdfast.server.raft.message.ForwardPropose;
import java.util.HashMap;
import java.util.Map;

/**
 * Sees to it that a leader takes each forwarded proposal once, whatever the network does: a
 * duplicate would run a command twice. For every run of a follower's process it remembers the
 * highest sequence number and, as bits, which of the 64 up to it have come; what is older is
 * refused, which its proposer sees as an unknown outcome.
 *
 * <p>A proposal names the term of the leader it is for, so nothing needs to be remembered from one
 * leader to the next.
 */
final class ForwardedProposals {
  private static final int WINDOW = Long.SIZE;
  private static final int RUNS_REMEMBERED = 64;

  private final Map<Long, Map<Long, Window>> windows = new HashMap<>();
  private long term;

  private static final class Window {
    long highest;
    long seen;
  }

  /** Starts a leader's term. */
  void reset(long leadersTerm) {
    windows.clear();
    term = leadersTerm;
  }

  /** The newest term in which this run of the process has led; 0 when it never did. */
  long term() {
    return term;
  }

  /**
   * @return whether the message comes for the first time
   */
  boolean isFirst(ForwardPropose message) {
    Map<Long, Window> runs = windows.computeIfAbsent(message.from(), from -> new HashMap<>());
    Window window = runs.get(message.incarnation());
    if (window == null) {
      if (runs.size() >= RUNS_REMEMBERED) {
        // A member that restarts this often within one term is not served before the next.
        return false;
      }
      window = new Window();
      runs.put(message.incarnation(), window);
    }
    return mark(window, message.sequence());
  }

  private static boolean mark(Window window, long sequence) {
    if (sequence > window.highest) {
      long shift = sequence - window.highest;
      window.seen = shift >= WINDOW ? 0 : window.seen << shift;
      window.seen |= 1;
      window.highest = sequence;
      return true;
    }
    long age = window.highest - sequence;
    if (age >= WINDOW || (window.seen & 1L << age) != 0) {
      return false;
    }
    window.seen |= 1L << age;
    return true;
  }
}
