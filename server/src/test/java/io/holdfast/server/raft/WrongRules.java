package io.holdfast.server.raft;

import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.progress.Peers;
import io.holdfast.server.raft.quorum.Ballot;
import io.holdfast.server.raft.quorum.Majority;
import io.holdfast.server.raft.quorum.VoteResult;
import java.util.Arrays;
import java.util.function.LongFunction;

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

  /** Takes a membership change while another one is not committed. */
  public static RaftCore twoChangesAtOnce(RaftConfig config, Restored restored) {
    return new RaftCore(
        config,
        restored,
        new SafetyRules() {
          @Override
          boolean isChangeInFlight(long confIndex, long appliedIndex, boolean joint) {
            return joint;
          }
        });
  }

  /** Changes the membership before it knows what its predecessors changed. */
  public static RaftCore changeBeforeOwnTermCommit(RaftConfig config, Restored restored) {
    return new RaftCore(
        config,
        restored,
        new SafetyRules() {
          @Override
          boolean mayChangeMembership(long committedTerm, long currentTerm) {
            return true;
          }
        });
  }

  /** Uses a membership only once its entry is committed. */
  public static RaftCore membershipWhenCommitted(RaftConfig config, Restored restored) {
    return new RaftCore(
        config,
        restored,
        new SafetyRules() {
          @Override
          ConfState confInForce(Configurations configurations, long commitIndex) {
            return configurations.at(commitIndex);
          }
        });
  }

  /** Goes on using a membership whose entry was replaced. */
  public static RaftCore membershipSurvivesTruncation(RaftConfig config, Restored restored) {
    return new RaftCore(
        config,
        restored,
        new SafetyRules() {
          @Override
          boolean undoesTruncatedChanges() {
            return false;
          }
        });
  }

  /** Counts the logs of learners like those of voters. */
  public static RaftCore learnersCountForCommits(RaftConfig config, Restored restored) {
    return new RaftCore(
        config,
        restored,
        new SafetyRules() {
          @Override
          long replicatedIndex(Peers peers) {
            return new Majority(peers.confState().members())
                .reachedBy(id -> peers.get(id).matchIndex());
          }
        });
  }

  /** Commits by the incoming voters alone. */
  public static RaftCore jointCommitByOneHalf(RaftConfig config, Restored restored) {
    return new RaftCore(
        config,
        restored,
        new SafetyRules() {
          @Override
          long replicatedIndex(Peers peers) {
            return new Majority(peers.confState().voters())
                .reachedBy(id -> peers.get(id).matchIndex());
          }
        });
  }

  /** Is elected by the incoming voters alone. */
  public static RaftCore jointElectionByOneHalf(RaftConfig config, Restored restored) {
    return new RaftCore(
        config,
        restored,
        new SafetyRules() {
          @Override
          VoteResult tally(Peers peers, LongFunction<Ballot> ballots) {
            return new Majority(peers.confState().voters()).vote(ballots);
          }
        });
  }

  /** Counts itself for a majority of voters that it is not one of. */
  public static RaftCore removedLeaderCountsItself(RaftConfig config, Restored restored) {
    return new RaftCore(
        config,
        restored,
        new SafetyRules() {
          @Override
          long replicatedIndex(Peers peers) {
            return withSelf(peers);
          }
        });
  }

  /** Stands for election without having a vote. */
  public static RaftCore everybodyStands(RaftConfig config, Restored restored) {
    return new RaftCore(
        config,
        restored,
        new SafetyRules() {
          @Override
          boolean mayStand(
              Peers peers, Configurations configurations, long commitIndex, long memberId) {
            return peers.confState().members().contains(memberId);
          }
        });
  }

  /** Votes without a look at the candidate's log. */
  public static RaftCore voteForAnyLog(RaftConfig config, Restored restored) {
    return new RaftCore(
        config,
        restored,
        new SafetyRules() {
          @Override
          boolean mayVoteFor(boolean upToDate) {
            return true;
          }
        });
  }

  /** Replaces entries by the same ones, and drops those behind them. */
  public static RaftCore replaceWhatAgrees(RaftConfig config, Restored restored) {
    return new RaftCore(
        config,
        restored,
        new SafetyRules() {
          @Override
          boolean agrees(long knownTerm, long leadersTerm) {
            return false;
          }
        });
  }

  /** Proposes again whatever it sent to the leader of a term that has ended. */
  public static RaftCore proposeAgainWhatIsLogged(RaftConfig config, Restored restored) {
    return new RaftCore(
        config,
        restored,
        new SafetyRules() {
          @Override
          boolean isLost(boolean logged) {
            return true;
          }
        });
  }

  /** As many logs as make a majority of the voters, this member's among them. */
  private static long withSelf(Peers peers) {
    if (peers.quorum().contains(peers.selfId())) {
      return peers.replicatedIndex();
    }
    long[] reached = new long[peers.confState().voters().size() + 1];
    int count = 0;
    for (long voter : peers.confState().voters()) {
      reached[count++] = peers.get(voter).matchIndex();
    }
    reached[count] = peers.self().matchIndex();
    Arrays.sort(reached);
    return reached[reached.length - (peers.confState().voters().size() / 2 + 1)];
  }
}
