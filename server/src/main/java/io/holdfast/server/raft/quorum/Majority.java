package io.holdfast.server.raft.quorum;

import java.util.Arrays;
import java.util.Collection;
import java.util.function.LongFunction;
import java.util.function.LongUnaryOperator;

/**
 * More than half of a set of voters. An empty set agrees to everything, so that it is neutral as
 * one half of a {@link Quorum}. Immutable.
 */
public final class Majority {
  private final long[] voters;

  /**
   * @param voters member ids, each once
   */
  public Majority(Collection<Long> voters) {
    this.voters = new long[voters.size()];
    int count = 0;
    for (long voter : voters) {
      this.voters[count++] = voter;
    }
    Arrays.sort(this.voters);
    for (int i = 1; i < this.voters.length; i++) {
      if (this.voters[i] == this.voters[i - 1]) {
        throw new IllegalArgumentException("voter " + this.voters[i] + " is listed twice");
      }
    }
  }

  /** How many voters make a majority; 0 when there are none. */
  public int size() {
    return voters.length == 0 ? 0 : voters.length / 2 + 1;
  }

  /** How many voters there are. */
  public int voterCount() {
    return voters.length;
  }

  /** Whether the member has a vote. */
  public boolean contains(long memberId) {
    for (long voter : voters) {
      if (voter == memberId) {
        return true;
      }
    }
    return false;
  }

  /**
   * The highest value that a majority has reached: with each voter's match index, the index that is
   * on a majority of logs.
   *
   * @param reached each voter's value
   * @return the value; {@link Long#MAX_VALUE} without voters
   */
  public long reachedBy(LongUnaryOperator reached) {
    int count = voters.length;
    if (count == 0) {
      return Long.MAX_VALUE;
    }
    if (count == 1) {
      return reached.applyAsLong(voters[0]);
    }
    long[] ascending = new long[count];
    for (int i = 0; i < count; i++) {
      long value = reached.applyAsLong(voters[i]);
      int at = i;
      while (at > 0 && ascending[at - 1] > value) {
        ascending[at] = ascending[at - 1];
        at--;
      }
      ascending[at] = value;
    }
    return ascending[count - size()];
  }

  /** How the vote stands; won without voters. */
  public VoteResult vote(LongFunction<Ballot> ballots) {
    int yes = 0;
    int missing = 0;
    for (long voter : voters) {
      switch (ballots.apply(voter)) {
        case YES -> yes++;
        case MISSING -> missing++;
        case NO -> {}
      }
    }
    if (yes >= size()) {
      return VoteResult.WON;
    }
    return yes + missing >= size() ? VoteResult.PENDING : VoteResult.LOST;
  }
}
