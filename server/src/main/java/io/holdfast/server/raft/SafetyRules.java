package io.holdfast.server.raft;

/**
 * Decisions on which safety rests and which are easy to get wrong, each in one place. Production
 * has only these; the simulation replaces them by wrong ones to prove that it notices.
 */
class SafetyRules {
  /**
   * A leader counts replicas only for entries of its own term; older ones are committed with them
   * (paper, 5.4.2 and figure 8).
   */
  boolean mayCommitByCounting(long entryTerm, long currentTerm) {
    return entryTerm == currentTerm;
  }

  /**
   * A leader knows its commit index to be the latest only once it has committed an entry of its own
   * term (paper, section 8).
   */
  boolean mayServeReads(long committedTerm, long currentTerm) {
    return committedTerm == currentTerm;
  }

  /** A member that may have acknowledged what it no longer has must not elect anybody. */
  boolean mayVote(boolean repairing) {
    return !repairing;
  }

  /** Every round of reads has a context of its own: an old confirmation must not count for it. */
  long nextReadContext(long lastReadContext) {
    return lastReadContext + 1;
  }
}
