package io.holdfast.server.raft.progress;

import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.quorum.Ballot;
import io.holdfast.server.raft.quorum.Quorum;
import java.util.Arrays;
import java.util.function.LongUnaryOperator;

/**
 * All members of a membership, this one included, with what a leader knows of each. Clusters are
 * small, so members are found by walking an array: no boxing, a fixed order.
 */
public final class Peers {
  private final long selfId;
  private final ConfState confState;
  private final Quorum quorum;
  private final long[] ids;
  private final Progress[] progress;
  private final LongUnaryOperator matchIndexes = id -> get(id).matchIndex();
  private final LongUnaryOperator readContexts = this::readContextOf;

  public Peers(long selfId, ConfState confState, int inflightMessagesMax, long inflightBytesMax) {
    this.selfId = selfId;
    this.confState = confState;
    this.quorum = new Quorum(confState);
    this.ids = new long[confState.members().size()];
    int count = 0;
    for (long member : confState.members()) {
      ids[count++] = member;
    }
    this.progress = new Progress[ids.length];
    Arrays.setAll(progress, i -> new Progress(inflightMessagesMax, inflightBytesMax));
  }

  public ConfState confState() {
    return confState;
  }

  public Quorum quorum() {
    return quorum;
  }

  /** How many members there are. */
  public int count() {
    return ids.length;
  }

  /** The id of the member at a position, from 0. */
  public long idAt(int position) {
    return ids[position];
  }

  /** The progress of the member at a position, from 0. */
  public Progress at(int position) {
    return progress[position];
  }

  /**
   * @return the member's progress; null when it is no member
   */
  public Progress get(long memberId) {
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] == memberId) {
        return progress[i];
      }
    }
    return null;
  }

  /** The highest index that is on a quorum of logs. */
  public long replicatedIndex() {
    return quorum.reachedBy(matchIndexes);
  }

  /** The newest round of reads that a quorum, with this member, has confirmed. */
  public long confirmedReadContext() {
    return quorum.reachedBy(readContexts);
  }

  /**
   * Whether a quorum, with this member, was heard of since the last call; starts the next count.
   */
  public boolean takeQuorumActive() {
    boolean active =
        switch (quorum.vote(id -> id == selfId || get(id).isActive() ? Ballot.YES : Ballot.NO)) {
          case WON -> true;
          case PENDING, LOST -> false;
        };
    for (Progress one : progress) {
      one.setActive(false);
    }
    return active;
  }

  private long readContextOf(long memberId) {
    return memberId == selfId ? Long.MAX_VALUE : get(memberId).readContextAcked();
  }
}
