package io.holdfast.server.raft;

/**
 * Cores whose safety rules are wrong in one point each, for the simulation to find. They exist in
 * the tests only: nothing but this package can give a core other rules.
 */
public final class WrongRules {
  private WrongRules() {}

  /** Commits an entry of an older term as soon as a majority has it (paper, figure 8). */
  public static RaftCore commitOldTermsByCounting(RaftConfig config, Restored restored) {
    return new RaftCore(
        config,
        restored,
        new SafetyRules() {
          @Override
          boolean mayCommitByCounting(long entryTerm, long currentTerm) {
            return true;
          }
        });
  }

  /** Serves reads before it knows what its predecessors committed. */
  public static RaftCore readBeforeOwnTermCommit(RaftConfig config, Restored restored) {
    return new RaftCore(
        config,
        restored,
        new SafetyRules() {
          @Override
          boolean mayServeReads(long committedTerm, long currentTerm) {
            return true;
          }
        });
  }

  /** Uses the same context for every round of reads. */
  public static RaftCore reuseReadContext(RaftConfig config, Restored restored) {
    return new RaftCore(
        config,
        restored,
        new SafetyRules() {
          @Override
          long nextReadContext(long lastReadContext) {
            return 1;
          }
        });
  }

  /** Lets a member vote although its log was lost. */
  public static RaftCore voteWithLostLog(RaftConfig config, Restored restored) {
    return new RaftCore(
        config,
        restored,
        new SafetyRules() {
          @Override
          boolean mayVote(boolean repairing) {
            return true;
          }
        });
  }
}
