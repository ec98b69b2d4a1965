package io.holdfast.server.service.member;

import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.apply.Membership;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.raft.PeerProgress;
import io.holdfast.server.raft.progress.PeerState;
import java.util.List;
import java.util.Optional;
import java.util.function.LongPredicate;

/**
 * What etcd's strict reconfiguration check refuses because the cluster would lose its quorum, or be
 * one failure away from it, and when a learner may be promoted. The leader decides, with what it
 * knows of its peers at that moment.
 */
final class ReconfigurationRules {
  /** etcd's measure: nine tenths of the leader's log. */
  private static final double READY_PART = 0.9;

  /**
   * Entries a learner may lack at most, too: of a long log a tenth is a lot, and while it fetches
   * that, its vote would be missing.
   */
  private static final long READY_LAG_MAX = 5_000;

  private final Membership membership;
  private final long leaderId;

  ReconfigurationRules(Membership membership, long leaderId) {
    this.membership = membership;
    this.leaderId = leaderId;
  }

  /**
   * @param steady whether the connection to a member has stood for a while
   */
  void checkAdd(boolean learner, LongPredicate steady) {
    List<MemberRecord> voters = membership.voters();
    if (!learner && !mayVoteWith(voters.size() + 1, started(voters))) {
      throw EtcdError.NOT_ENOUGH_STARTED_MEMBERS.asException();
    }
    // The new member counts as unavailable; a lone one may always grow.
    if (voters.size() > 1 && connected(voters, steady) < quorum(voters.size() + 1)) {
      throw EtcdError.UNHEALTHY_CLUSTER.asException();
    }
  }

  /**
   * @param steady whether the connection to a member has stood for a while
   * @param connected whether there is a connection at all
   */
  void checkRemove(long memberId, LongPredicate steady, LongPredicate connected) {
    if (membership.find(memberId).map(MemberRecord::learner).orElse(false)) {
      return;
    }
    List<MemberRecord> voters = membership.voters();
    List<MemberRecord> others =
        voters.stream().filter(member -> member.memberId() != memberId).toList();
    if (started(others) < quorum(others.size())) {
      throw EtcdError.NOT_ENOUGH_STARTED_MEMBERS.asException();
    }
    // Who is down does not take part anyway.
    if (memberId != leaderId && !connected.test(memberId)) {
      return;
    }
    if (connected(voters, steady) - 1 < quorum(voters.size() - 1)) {
      throw EtcdError.UNHEALTHY_CLUSTER.asException();
    }
  }

  void checkPromote() {
    // The learner counts as started, and for the quorum to come.
    List<MemberRecord> voters = membership.voters();
    if (started(voters) + 1 < quorum(voters.size() + 1)) {
      throw EtcdError.NOT_ENOUGH_STARTED_MEMBERS.asException();
    }
  }

  /**
   * Whether a learner has caught up; whatever the strictness.
   *
   * @param progress what the leader knows of the members
   * @throws io.holdfast.server.error.StoreException MEMBER_NOT_FOUND or LEARNER_NOT_READY
   */
  void checkReady(long memberId, List<PeerProgress> progress) {
    PeerProgress learner =
        find(memberId, progress).orElseThrow(EtcdError.MEMBER_NOT_FOUND::asException);
    long leaderMatch = find(leaderId, progress).map(PeerProgress::matchIndex).orElse(0L);
    boolean ready =
        learner.matchIndex() >= READY_PART * leaderMatch
            && leaderMatch - learner.matchIndex() <= READY_LAG_MAX
            && learner.state() != PeerState.SNAPSHOT
            && (memberId == leaderId || learner.recentlyActive());
    if (!ready) {
      throw EtcdError.LEARNER_NOT_READY.asException();
    }
  }

  private static Optional<PeerProgress> find(long memberId, List<PeerProgress> progress) {
    return progress.stream().filter(one -> one.memberId() == memberId).findFirst();
  }

  /** A cluster of one may become one of two, although the second has not started yet. */
  private static boolean mayVoteWith(int size, int started) {
    return size == 2 && started == 1 || started >= quorum(size);
  }

  private static int started(List<MemberRecord> members) {
    return (int) members.stream().filter(MemberRecord::isStarted).count();
  }

  private int connected(List<MemberRecord> members, LongPredicate steady) {
    return (int)
        members.stream()
            .mapToLong(MemberRecord::memberId)
            .filter(id -> id == leaderId || steady.test(id))
            .count();
  }

  private static int quorum(int size) {
    return size / 2 + 1;
  }
}
