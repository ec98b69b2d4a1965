package io.holdfast.server.raft;

import io.holdfast.server.raft.membership.ConfChange;
import io.holdfast.server.raft.membership.ConfChanger;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.membership.LoggedConfChange;
import io.holdfast.server.raft.message.AppendEntries;
import io.holdfast.server.raft.message.AppendEntriesResponse;
import io.holdfast.server.raft.message.CommitNotice;
import io.holdfast.server.raft.message.Heartbeat;
import io.holdfast.server.raft.message.HeartbeatResponse;
import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.RepairPoint;
import io.holdfast.server.raft.message.RequestRepair;
import io.holdfast.server.raft.message.TimeoutNow;
import io.holdfast.server.raft.progress.PeerState;
import io.holdfast.server.raft.progress.Progress;
import java.util.List;

/**
 * What a leader does for its log: appending, sending, counting replicas, committing (paper, 5.3 and
 * 5.4.2), and handing leadership over (thesis, 3.10).
 */
final class Replication {
  private static final byte[] NO_COMMAND = {};

  private final Member member;
  private final LeaderReads reads;
  private long uncommittedBytes;

  /** Whether a membership change may have to be brought to its end, see {@link #concludeChange}. */
  private boolean changeOpen;

  private int departingTicks;

  Replication(Member member, LeaderReads reads) {
    this.member = member;
    this.reads = reads;
  }

  /** Begins a leader's term with an entry of its own, which commits all that came before. */
  void lead() {
    uncommittedBytes = 0;
    changeOpen = true;
    if (member.peers.hasDeparting()) {
      member.peers = member.peers.withoutDeparting();
    }
    for (int i = 0; i < member.peers.count(); i++) {
      member.peers.at(i).reset(member.log.lastIndex() + 1);
    }
    member.peers.self().reset(member.log.lastIndex() + 1);
    member.peers.self().acknowledge(member.log.persistedIndex());
    member.log.append(
        new Entry(member.log.lastIndex() + 1, member.term, EntryType.NORMAL, NO_COMMAND));
    broadcastAppend();
  }

  /**
   * Logs commands and starts to replicate them.
   *
   * @return why not, or null when they are logged
   */
  Rejection.Reason propose(List<byte[]> commands) {
    if (member.transferTarget != 0) {
      return Rejection.Reason.LEADERSHIP_TRANSFERRING;
    }
    long bytes = 0;
    for (byte[] command : commands) {
      bytes += command.length + Entry.OVERHEAD_BYTES;
    }
    if (uncommittedBytes > 0 && uncommittedBytes + bytes > member.config.uncommittedBytesMax()) {
      return Rejection.Reason.TOO_MANY_UNCOMMITTED_BYTES;
    }
    uncommittedBytes += bytes;
    long index = member.log.lastIndex();
    for (byte[] command : commands) {
      member.log.append(new Entry(++index, member.term, EntryType.NORMAL, command));
    }
    broadcastAppend();
    return null;
  }

  /**
   * Logs a change of the membership, which is in force at once.
   *
   * @return why not, or null when it is logged
   */
  Rejection.Reason changeConfig(ConfChange change) {
    if (member.transferTarget != 0) {
      return Rejection.Reason.LEADERSHIP_TRANSFERRING;
    }
    if (!mayChangeMembership()) {
      return Rejection.Reason.LEADER_NOT_READY;
    }
    if (!member.isMembershipSettled()) {
      return Rejection.Reason.CHANGE_IN_FLIGHT;
    }
    ConfChanger.Outcome outcome = ConfChanger.next(member.peers.confState(), change);
    if (outcome instanceof ConfChanger.Refused refused) {
      return refused.reason();
    }
    log(change, ((ConfChanger.Next) outcome).confState());
    return null;
  }

  private boolean mayChangeMembership() {
    return member.rules.mayChangeMembership(
        member.log.termAt(member.log.commitIndex()), member.term);
  }

  private void log(ConfChange change, ConfState next) {
    Entry entry =
        new Entry(
            member.log.lastIndex() + 1,
            member.term,
            EntryType.CONFIG_CHANGE,
            new LoggedConfChange(change, next).encode());
    uncommittedBytes += entry.sizeBytes();
    member.log.append(entry);
    member.adoptMembership();
    changeOpen = true;
    departingTicks = 0;
    broadcastAppend();
    // With fewer voters, less may be needed for what waits already.
    commitByCounting();
    reads.confirm();
  }

  /**
   * Brings a committed change to its end: a joint membership is left, and a leader that has no vote
   * any more looks for a successor (thesis, 4.2.2 and 4.3).
   */
  private void concludeChange() {
    ConfState confState = member.peers.confState();
    boolean committed = member.log.configurations().index() <= member.log.commitIndex();
    if (!committed || !mayChangeMembership() || member.transferTarget != 0) {
      return;
    }
    if (confState.isJoint()) {
      if (confState.autoLeave()) {
        log(ConfChange.LEAVE_JOINT, ConfChanger.leave(confState));
      }
    } else if (confState.voters().contains(member.id)) {
      changeOpen = false;
    } else {
      transfer(member.peers.bestSuccessor());
    }
  }

  /** Whether this leader has no vote in a membership that is committed: it leads for too long. */
  boolean hasNoVote() {
    return member.log.configurations().index() <= member.log.commitIndex()
        && !member.peers.quorum().contains(member.id);
  }

  /** Entries were handed out to be applied: they weigh on the leader no more. */
  void handedOut(List<Entry> committed) {
    if (uncommittedBytes > 0 && member.isLeader()) {
      long bytes = 0;
      for (Entry entry : committed) {
        if (entry.term() == member.term && !entry.isEmpty()) {
          bytes += entry.sizeBytes();
        }
      }
      uncommittedBytes = Math.max(0, uncommittedBytes - bytes);
    }
  }

  /** This member's own log is durable further than before. */
  void onPersisted() {
    member.peers.self().acknowledge(member.log.persistedIndex());
    commitByCounting();
  }

  /** The heartbeats of every interval. */
  void heartbeat() {
    if (changeOpen) {
      concludeChange();
    }
    if (member.peers.hasDeparting()) {
      forgetDeparted();
    }
    for (int i = 0; i < member.peers.count(); i++) {
      member.peers.at(i).beginInterval();
    }
    broadcastHeartbeat();
  }

  /** By then a removed member that can be reached knows that it is removed. */
  private void forgetDeparted() {
    boolean committed = member.log.configurations().index() <= member.log.commitIndex();
    departingTicks += committed ? member.config.heartbeatTicks() : 0;
    if (departingTicks > 2 * member.config.electionTimeoutTicks()) {
      member.peers = member.peers.withoutDeparting();
    }
  }

  /** Heartbeats now: at an interval's begin, or to confirm a round of reads. */
  void broadcastHeartbeat() {
    for (int i = 0; i < member.peers.count(); i++) {
      long to = member.peers.idAt(i);
      if (to != member.id) {
        long commit = Math.min(member.log.commitIndex(), member.peers.at(i).matchIndex());
        member.outbox.send(new Heartbeat(member.id, to, member.term, commit, reads.openContext()));
      }
    }
  }

  private void broadcastAppend() {
    for (int i = 0; i < member.peers.count(); i++) {
      if (member.peers.idAt(i) != member.id) {
        append(member.peers.idAt(i), member.peers.at(i), true);
      }
    }
  }

  /**
   * Sends a peer what it may get now.
   *
   * @param evenEmpty whether a message without entries (commit index, probe) is worth sending
   * @return whether something was sent
   */
  private boolean append(long to, Progress peer, boolean evenEmpty) {
    return !peer.isPaused() && appendThoughFull(to, peer, evenEmpty);
  }

  private boolean appendThoughFull(long to, Progress peer, boolean evenEmpty) {
    long prevIndex = peer.nextIndex() - 1;
    long prevTerm = member.log.termAt(prevIndex);
    if (prevTerm < 0) {
      return sendSnapshot(to, peer);
    }
    List<Entry> entries =
        peer.isWindowFull()
            ? List.of()
            : member.log.sliceUpTo(peer.nextIndex(), member.config.appendBytesMax());
    if (entries.isEmpty() && !evenEmpty) {
      return false;
    }
    member.outbox.send(
        new AppendEntries(
            member.id, to, member.term, prevIndex, prevTerm, entries, member.log.commitIndex()));
    long bytes = 0;
    for (Entry entry : entries) {
      bytes += entry.sizeBytes();
    }
    peer.sent(entries.size(), bytes, member.log.commitIndex());
    return true;
  }

  private boolean sendSnapshot(long to, Progress peer) {
    if (!peer.isActive() || member.peers.isDeparting(to)) {
      return false;
    }
    SnapshotMetadata snapshot = member.snapshot;
    if (snapshot.index() < member.log.firstIndex() - 1) {
      throw new RaftInvariantError(
          "dropped entries are in a snapshot",
          "the log starts at "
              + member.log.firstIndex()
              + ", the snapshot ends at "
              + snapshot.index());
    }
    peer.becomeSnapshot(snapshot.index());
    member.outbox.send(new InstallSnapshot(member.id, to, member.term, snapshot));
    return true;
  }

  void onAppendEntriesResponse(AppendEntriesResponse response) {
    Progress peer = member.peers.get(response.from());
    if (peer == null) {
      return;
    }
    peer.setActive(true);
    if (response.rejected()) {
      onRejected(response, peer);
    } else {
      onAccepted(response, peer);
    }
  }

  private void onRejected(AppendEntriesResponse response, Progress peer) {
    long hint = response.hintIndex();
    if (response.hintTerm() > 0) {
      hint = member.log.lastIndexOfTermAtMost(hint, response.hintTerm());
    }
    if (peer.stepBack(response.index(), hint)) {
      append(response.from(), peer, true);
    }
  }

  private void onAccepted(AppendEntriesResponse response, Progress peer) {
    if (response.index() > member.log.lastIndex()) {
      throw new RaftInvariantError(
          "log matching",
          "member "
              + response.from()
              + " acknowledges "
              + response.index()
              + ", the leader's log ends at "
              + member.log.lastIndex());
    }
    boolean news = peer.acknowledge(response.index());
    boolean probeConfirmed =
        peer.state() == PeerState.PROBE && peer.matchIndex() == response.index();
    if (!news && !probeConfirmed) {
      return;
    }
    if (peer.state() == PeerState.PROBE) {
      peer.becomeReplicate();
    } else if (peer.state() == PeerState.SNAPSHOT
        && peer.matchIndex() + 1 >= member.log.firstIndex()) {
      peer.becomeReplicate();
    }
    commitByCounting();
    fillWindow(response.from(), peer);
    tellCommit(response.from(), peer);
    if (member.transferTarget == response.from()) {
      handOver(peer);
    }
  }

  private void fillWindow(long to, Progress peer) {
    while (append(to, peer, false)) {
      // One message after the other.
    }
  }

  /** Commits what a quorum has, if the highest such entry is of this term (paper, 5.4.2). */
  private void commitByCounting() {
    long replicated = member.rules.replicatedIndex(member.peers);
    if (replicated <= member.log.commitIndex()
        || !member.rules.mayCommitByCounting(member.log.termAt(replicated), member.term)) {
      return;
    }
    member.log.commitTo(replicated);
    if (reads.release()) {
      broadcastHeartbeat();
    }
    for (int i = 0; i < member.peers.count(); i++) {
      if (member.peers.idAt(i) != member.id) {
        tellCommit(member.peers.idAt(i), member.peers.at(i));
      }
    }
    if (changeOpen) {
      concludeChange();
    }
  }

  /**
   * Tells a peer of the commit index by itself only when nothing else is on the way: under load the
   * next entries carry it, and a lost notice is made good by the next heartbeat.
   */
  private void tellCommit(long to, Progress peer) {
    long commit = Math.min(member.log.commitIndex(), peer.matchIndex());
    if (!peer.waitsForCommit(commit)) {
      return;
    }
    if (!append(to, peer, false)) {
      member.outbox.send(new CommitNotice(member.id, to, member.term, commit));
      peer.sent(0, 0, commit);
    }
  }

  void onHeartbeatResponse(HeartbeatResponse response) {
    Progress peer = member.peers.get(response.from());
    if (peer == null) {
      return;
    }
    peer.setActive(true);
    boolean behind = peer.matchIndex() < member.log.lastIndex();
    boolean mayLack =
        peer.state() == PeerState.PROBE || peer.state() == PeerState.REPLICATE && behind;
    if (mayLack && peer.takeSilent()) {
      // Something may be lost: an empty message draws an answer even if the window is full.
      peer.allowProbe();
      appendThoughFull(response.from(), peer, true);
    }
    if (response.readContext() != 0) {
      peer.ackReadContext(response.readContext());
      reads.confirm();
    }
  }

  /**
   * A member has lost its log: what it acknowledged is void. It has to come as far as this log goes
   * now, not only as far as it is committed: more may be committed with its old acknowledgement.
   */
  void onRequestRepair(RequestRepair request) {
    Progress peer = member.peers.get(request.from());
    if (peer == null) {
      return;
    }
    long lastIndex = member.log.lastIndex();
    if (peer.matchIndex() > request.lastIndex()) {
      peer.reset(Math.min(lastIndex, request.lastIndex()) + 1);
    }
    peer.setActive(true);
    member.outbox.send(
        new RepairPoint(member.id, request.from(), member.term, request.attempt(), lastIndex));
    append(request.from(), peer, true);
  }

  void onUnreachable(long peerId) {
    Progress peer = member.peers.get(peerId);
    if (peer != null && peer.state() == PeerState.REPLICATE) {
      peer.becomeProbe();
    }
  }

  void onDistance(long peerId, boolean near) {
    Progress peer = member.peers.get(peerId);
    if (peer != null) {
      peer.setNear(near);
      if (peer.state() == PeerState.REPLICATE) {
        fillWindow(peerId, peer);
      }
    }
  }

  void onSnapshotReported(long peerId, boolean delivered) {
    Progress peer = member.peers.get(peerId);
    if (peer == null || peer.state() != PeerState.SNAPSHOT) {
      return;
    }
    if (delivered) {
      peer.becomeProbe();
    } else {
      peer.snapshotFailed();
    }
    // The next message waits for the peer to be heard of.
    peer.holdProbe();
  }

  /**
   * Starts to hand leadership over: the target is brought up to date, then told to stand.
   *
   * @return why not, or null
   */
  Rejection.Reason transfer(long target) {
    Progress peer = member.peers.get(target);
    boolean votes = member.peers.confState().voters().contains(target);
    if (peer == null || target == member.id || !votes) {
      return Rejection.Reason.NO_TRANSFER_TARGET;
    }
    member.transferTarget = target;
    member.electionElapsed = 0;
    if (!handOver(peer)) {
      append(target, peer, true);
    }
    return null;
  }

  private boolean handOver(Progress peer) {
    if (peer.matchIndex() != member.log.lastIndex()) {
      return false;
    }
    member.outbox.send(new TimeoutNow(member.id, member.transferTarget, member.term));
    member.resigns = hasNoVote();
    return true;
  }
}
