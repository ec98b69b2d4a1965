package io.holdfast.server.raft.progress;

import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.quorum.Ballot;
import io.holdfast.server.raft.quorum.Quorum;
import io.holdfast.server.raft.quorum.VoteResult;
import java.util.Arrays;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.LongUnaryOperator;

/**
 * All members of a membership, this one included, with what a leader knows of each. Clusters are
 * small, so members are found by walking an array: no boxing, a fixed order.
 *
 * <p>Members that a leader has just removed are among the peers for a while ("departing"): they
 * count for nothing, but still get the log, so that they learn of their removal.
 */
public final class Peers {
  private final long selfId;
  private final ConfState confState;
  private final Quorum quorum;
  private final int inflightMessagesMax;
  private final long inflightBytesMax;
  private final long[] ids;
  private final Progress[] progress;
  private final Progress self;
  private final SortedSet<Long> departing;
  private final LongUnaryOperator matchIndexes = id -> get(id).matchIndex();
  private final LongUnaryOperator readContexts = this::readContextOf;

  public Peers(long selfId, ConfState confState, int inflightMessagesMax, long inflightBytesMax) {
    this.selfId = selfId;
    this.confState = confState;
    this.quorum = new Quorum(confState);
    this.inflightMessagesMax = inflightMessagesMax;
    this.inflightBytesMax = inflightBytesMax;
    this.departing = new TreeSet<>();
    this.ids = idsOf(confState.members());
    this.progress = new Progress[ids.length];
    Arrays.setAll(progress, i -> newProgress());
    Progress own = get(selfId);
    this.self = own == null ? newProgress() : own;
  }

  /** The same leader's peers under another membership. */
  private Peers(Peers before, ConfState confState, SortedSet<Long> departing, long firstToSend) {
    this.selfId = before.selfId;
    this.confState = confState;
    this.quorum = new Quorum(confState);
    this.inflightMessagesMax = before.inflightMessagesMax;
    this.inflightBytesMax = before.inflightBytesMax;
    this.departing = departing;
    this.self = before.self;
    SortedSet<Long> all = new TreeSet<>(confState.members());
    all.addAll(departing);
    this.ids = idsOf(all);
    this.progress = new Progress[ids.length];
    for (int i = 0; i < ids.length; i++) {
      progress[i] = before.progressFor(ids[i], departing.contains(ids[i]), firstToSend);
    }
  }

  private static long[] idsOf(SortedSet<Long> members) {
    long[] ids = new long[members.size()];
    int count = 0;
    for (long member : members) {
      ids[count++] = member;
    }
    return ids;
  }

  private Progress newProgress() {
    return new Progress(inflightMessagesMax, inflightBytesMax);
  }

  /** What is known of who stays; who is new, or comes back, is probed and gets time to answer. */
  private Progress progressFor(long memberId, boolean departs, long firstToSend) {
    if (memberId == selfId) {
      return self;
    }
    Progress known = get(memberId);
    if (known != null && (departs || !departing.contains(memberId))) {
      return known;
    }
    Progress fresh = newProgress();
    fresh.reset(firstToSend);
    fresh.setActive(true);
    return fresh;
  }

  /**
   * These peers of a leader under another membership.
   *
   * @param firstToSend the index of the entry that newcomers are sent first
   */
  public Peers changedTo(ConfState next, long firstToSend) {
    SortedSet<Long> leaving = new TreeSet<>(departing);
    leaving.addAll(confState.members());
    leaving.removeAll(next.members());
    leaving.remove(selfId);
    return new Peers(this, next, leaving, firstToSend);
  }

  /** The peers of a member that does not lead: nothing is known of them. */
  public Peers follow(ConfState next) {
    return new Peers(selfId, next, inflightMessagesMax, inflightBytesMax);
  }

  /** Whether removed members still get the log. */
  public boolean hasDeparting() {
    return !departing.isEmpty();
  }

  /** Whether the member is removed but still gets the log. */
  public boolean isDeparting(long memberId) {
    return !departing.isEmpty() && departing.contains(memberId);
  }

  /** The same without members that are removed. */
  public Peers withoutDeparting() {
    return new Peers(this, confState, new TreeSet<>(), 1);
  }

  public ConfState confState() {
    return confState;
  }

  public Quorum quorum() {
    return quorum;
  }

  /** How many members there are, with those departing. */
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

  /** This member. */
  public long selfId() {
    return selfId;
  }

  /** This member's own progress, also while it is no member. */
  public Progress self() {
    return self;
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

  /** The newest round of reads that a quorum, with this member if it votes, has confirmed. */
  public long confirmedReadContext() {
    return quorum.reachedBy(readContexts);
  }

  /**
   * Whether a quorum, with this member if it votes, was heard of since the last call; starts the
   * next count.
   */
  public boolean takeQuorumActive() {
    VoteResult active =
        quorum.vote(id -> id == selfId || get(id).isActive() ? Ballot.YES : Ballot.NO);
    for (Progress one : progress) {
      one.beginActivityCheck();
    }
    return active == VoteResult.WON;
  }

  /**
   * The voter, other than this member, whose log is closest to the leader's, among those heard of
   * recently if there are any; 0 when there is no other voter.
   */
  public long bestSuccessor() {
    long best = 0;
    for (int i = 0; i < ids.length; i++) {
      boolean candidate = ids[i] != selfId && confState.voters().contains(ids[i]);
      if (candidate && (best == 0 || isBetter(progress[i], get(best)))) {
        best = ids[i];
      }
    }
    return best;
  }

  private static boolean isBetter(Progress one, Progress other) {
    return one.isRecentlyActive() != other.isRecentlyActive()
        ? one.isRecentlyActive()
        : one.matchIndex() > other.matchIndex();
  }

  private long readContextOf(long memberId) {
    return memberId == selfId ? Long.MAX_VALUE : get(memberId).readContextAcked();
  }
}
