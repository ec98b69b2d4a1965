package io.holdfast.server.raft;

import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.progress.Peers;
import io.holdfast.server.raft.quorum.Ballot;
import io.holdfast.server.raft.quorum.VoteResult;
import java.util.function.LongFunction;

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

  /**
   * A leader begins a membership change only once it has committed an entry of its own term: then
   * no change of an earlier leader is still on its way, of which it may not know (the flaw found
   * after the thesis, in its 4.1).
   */
  boolean mayChangeMembership(long committedTerm, long currentTerm) {
    return committedTerm == currentTerm;
  }

  /**
   * One change at a time: majorities two changes apart need not overlap (thesis, 4.1). It would be
   * enough to wait for the last one's commit; whoever checks changes wants it applied.
   */
  boolean isChangeInFlight(long confIndex, long appliedIndex, boolean joint) {
    return confIndex > appliedIndex || joint;
  }

  /** A membership is in force from the moment its entry is in the log (thesis, 4.1). */
  ConfState confInForce(Configurations configurations, long commitIndex) {
    return configurations.last();
  }

  /** With the entries that a leader replaces, their membership changes go (thesis, 4.1). */
  boolean undoesTruncatedChanges() {
    return true;
  }

  /** The highest index on the logs of a quorum; learners and strangers do not count. */
  long replicatedIndex(Peers peers) {
    return peers.replicatedIndex();
  }

  /** How an election stands: every majority of the membership must agree. */
  VoteResult tally(Peers peers, LongFunction<Ballot> ballots) {
    return peers.quorum().vote(ballots);
  }

  /**
   * Only who has a vote may stand: a learner, or a removed member, may not. But while the entry
   * that takes the vote away is not known to be committed, perhaps nobody else can be elected, as
   * no log holds more; then the member stands without counting its own vote (thesis, 4.2.2).
   */
  boolean mayStand(Peers peers, Configurations configurations, long commitIndex, long memberId) {
    return peers.quorum().contains(memberId)
        || configurations.index() > commitIndex && configurations.at(commitIndex).isVoter(memberId);
  }

  /** A vote goes only to a log that holds at least what one's own holds (paper, 5.4.1). */
  boolean mayVoteFor(boolean upToDate) {
    return upToDate;
  }

  /**
   * A follower replaces only entries that contradict the leader's: a message that was overtaken may
   * end before what is acknowledged since (paper, 5.3).
   */
  boolean agrees(long knownTerm, long leadersTerm) {
    return knownTerm == leadersTerm;
  }

  /** A follower's questions are numbered apart from those before its restart. */
  long firstReadMessage(long randomStart) {
    return randomStart;
  }

  /** Every round of reads has a context of its own: an old confirmation must not count for it. */
  long nextReadContext(long lastReadContext) {
    return lastReadContext + 1;
  }

  /**
   * A command is proposed again only if the committed entries of the term that it was meant for,
   * all of which are known here, do not hold it: it must not be done twice.
   */
  boolean isLost(boolean logged) {
    return !logged;
  }
}
