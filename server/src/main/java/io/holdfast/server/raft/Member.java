package io.holdfast.server.raft;

import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.progress.Peers;

/** The state that the parts of the core share. Only they see it, and one thread at a time. */
final class Member {
  final RaftConfig config;
  final SafetyRules rules;
  final long id;
  final RaftLog log;

  /** The members in force; replaced as a whole when the membership changes. */
  Peers peers;

  final Outbox outbox = new Outbox();

  long term;
  long vote;
  Role role = Role.FOLLOWER;
  long leaderId;
  long transferTarget;

  /** Ticks since this member heard from a leader, or since a leader checked its quorum. */
  int electionElapsed;

  /** The newest snapshot of this member's state, to be sent to peers that are too far behind. */
  SnapshotMetadata snapshot;

  /** Whether this member's log was lost, and how far it is on its way back. */
  final Repair repair;

  /** Whether this candidate needs nobody's vote but its own, which is not durable yet. */
  boolean awaitsOwnVote;

  /** Whether this leader, a voter no more, has handed over and steps down with this input. */
  boolean resigns;

  /** Whether the state machine is being replaced by a snapshot. */
  boolean installing;

  Member(RaftConfig config, SafetyRules rules, Restored restored) {
    this.config = config;
    this.rules = rules;
    this.id = config.memberId();
    this.log = new RaftLog(restored, rules);
    this.snapshot = restored.snapshot();
    this.peers =
        new Peers(id, confInForce(), config.inflightMessagesMax(), config.inflightBytesMax());
    this.repair =
        new Repair(
            this, restored.repairing(), restored.repairing() ? randomId(config.random()) : 0);
    this.term = restored.hardState().term();
    this.vote = restored.hardState().vote();
    if (log.lastTerm() > term) {
      // The entries were written, the hard state that came with them was torn off. No promise was
      // made in that term, as promises wait for both.
      this.term = log.lastTerm();
      this.vote = 0;
    }
  }

  /** Whether another change of the membership may begin. */
  boolean isMembershipSettled() {
    return !rules.isChangeInFlight(
        log.configurations().index(), log.appliedIndex(), peers.confState().isJoint());
  }

  boolean isLeader() {
    return role == Role.LEADER;
  }

  /** Takes over the membership that the log has come to. */
  void adoptMembership() {
    ConfState now = confInForce();
    if (now != peers.confState()) {
      peers = isLeader() ? peers.changedTo(now, log.lastIndex()) : peers.follow(now);
    }
  }

  private ConfState confInForce() {
    return rules.confInForce(log.configurations(), log.commitIndex());
  }

  /** Whether this member could win an election at all. */
  boolean isPromotable() {
    return rules.mayStand(peers, log.configurations(), log.commitIndex(), id)
        && !installing
        && mayVote();
  }

  /** Whether this member's word may decide an election. */
  boolean mayVote() {
    return rules.mayVote(repair.isOpen());
  }

  static long randomId(RandomSource random) {
    return (long) random.nextInt(1 << 30) << 32 | (long) random.nextInt(1 << 30) << 2;
  }

  /** Whether the leader's commit index is known to be the latest there is. */
  boolean mayServeReads() {
    return rules.mayServeReads(log.termAt(log.commitIndex()), term);
  }
}
