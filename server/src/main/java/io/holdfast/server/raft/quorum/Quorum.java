package io.holdfast.server.raft.quorum;

import io.holdfast.server.raft.membership.ConfState;
import java.util.function.LongFunction;
import java.util.function.LongUnaryOperator;

/**
 * What it takes to decide under a membership: a majority of the voters and, while a change is under
 * way, also one of the outgoing voters (Raft thesis, 4.3). Immutable.
 */
public final class Quorum {
  private final Majority incoming;
  private final Majority outgoing;

  public Quorum(ConfState confState) {
    this.incoming = new Majority(confState.voters());
    this.outgoing = new Majority(confState.votersOutgoing());
  }

  /** Whether the member's vote counts. */
  public boolean contains(long memberId) {
    return incoming.contains(memberId) || outgoing.contains(memberId);
  }

  /** Whether this member alone decides. */
  public boolean isOnly(long memberId) {
    return incoming.voterCount() == 1
        && incoming.contains(memberId)
        && (outgoing.voterCount() == 0
            || outgoing.voterCount() == 1 && outgoing.contains(memberId));
  }

  /**
   * The highest value that a quorum has reached.
   *
   * @param reached each voter's value
   */
  public long reachedBy(LongUnaryOperator reached) {
    return Math.min(incoming.reachedBy(reached), outgoing.reachedBy(reached));
  }

  /** How the vote stands: won if both halves are won, lost if one is lost. */
  public VoteResult vote(LongFunction<Ballot> ballots) {
    VoteResult in = incoming.vote(ballots);
    VoteResult out = outgoing.vote(ballots);
    if (in == VoteResult.LOST || out == VoteResult.LOST) {
      return VoteResult.LOST;
    }
    return in == VoteResult.WON && out == VoteResult.WON ? VoteResult.WON : VoteResult.PENDING;
  }
}
