package io.holdfast.server.raft;

import io.holdfast.server.raft.membership.ConfChange;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.message.AppendEntries;
import io.holdfast.server.raft.message.AppendEntriesResponse;
import io.holdfast.server.raft.message.CommitNotice;
import io.holdfast.server.raft.message.ForwardPropose;
import io.holdfast.server.raft.message.ForwardRefused;
import io.holdfast.server.raft.message.Heartbeat;
import io.holdfast.server.raft.message.HeartbeatResponse;
import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;
import io.holdfast.server.raft.message.ReadIndex;
import io.holdfast.server.raft.message.ReadIndexResponse;
import io.holdfast.server.raft.message.RepairPoint;
import io.holdfast.server.raft.message.RequestPreVote;
import io.holdfast.server.raft.message.RequestPreVoteResponse;
import io.holdfast.server.raft.message.RequestRepair;
import io.holdfast.server.raft.message.RequestVote;
import io.holdfast.server.raft.message.RequestVoteResponse;
import io.holdfast.server.raft.message.TimeoutNow;
import io.holdfast.server.raft.progress.PeerState;
import io.holdfast.server.raft.progress.Peers;
import io.holdfast.server.raft.progress.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * One member's part in Raft, as a pure state machine: inputs go in one at a time, each answered by
 * what is to be written, sent and applied. It knows no clock, thread, file or socket.
 *
 * <p>This class routes: {@link Election} owns roles and terms, {@link Replication} what a leader
 * does, {@link Following} what a follower does, {@link LeaderReads} and {@link ForwardedReads} the
 * linearizable reads, {@link RaftLog} the log.
 *
 * <p>Not thread-safe: one thread steps it. {@link RaftStatus} values may go to any thread.
 */
public final class RaftCore {
  private final Member member;
  private final Election election;
  private final Replication replication;
  private final Following following;
  private final LeaderReads leaderReads;
  private final ForwardedReads forwardedReads;
  private final ForwardedProposals forwardedProposals = new ForwardedProposals();
  private final SentProposals sentProposals;
  private final long incarnation;
  private long forwardedSequence;

  private SnapshotMetadata snapshotToInstall;
  private HardState emitted;
  private long attestedTerm;
  private RaftStatus status;
  private Ready nothing;

  /**
   * @param restored what recovery found
   * @throws RaftInvariantError when it contradicts itself
   */
  public RaftCore(RaftConfig config, Restored restored) {
    this(config, restored, new SafetyRules());
  }

  RaftCore(RaftConfig config, Restored restored, SafetyRules rules) {
    Objects.requireNonNull(config, "config");
    Objects.requireNonNull(restored, "restored");
    member = new Member(config, rules, restored);
    sentProposals = new SentProposals(config, rules);
    incarnation = Member.randomId(config.random());
    leaderReads = new LeaderReads(member);
    forwardedReads =
        new ForwardedReads(member, rules.firstReadMessage(Member.randomId(config.random())));
    replication = new Replication(member, leaderReads);
    election = new Election(member, replication, leaderReads, forwardedReads, forwardedProposals);
    following = new Following(member, election);
    emitted = restored.hardState();
    attestedTerm = member.term;
    status = currentStatus();
    nothing = Ready.empty(status);
  }

  /**
   * Takes one input.
   *
   * @return what the caller has to do, see {@link Ready}
   * @throws RaftInvariantError when a property of Raft is broken; the core must not be used again
   */
  public Ready step(Input input) {
    if (input instanceof Input.Receive receive) {
      receive(receive.message());
    } else if (input instanceof Input.Propose propose) {
      propose(propose.commands());
    } else if (input instanceof Input.Persisted persisted) {
      onPersisted(persisted);
    } else if (input instanceof Input.Applied applied) {
      member.log.applied(applied.index());
    } else if (input instanceof Input.ReadIndex read) {
      readIndex(read.requestId());
    } else if (input instanceof Input.Tick) {
      election.tick();
      member.repair.tick();
      sentProposals.tick();
      proposeReturned();
    } else if (input instanceof Input.ChangeConfig change) {
      changeConfig(change.change());
    } else if (input instanceof Input.TransferLeader transfer) {
      transferLeader(transfer.target());
    } else if (input instanceof Input.SnapshotSaved saved) {
      onSnapshotSaved(saved);
    } else if (input instanceof Input.SnapshotInstalled installed) {
      onSnapshotInstalled(installed.snapshot());
    } else if (input instanceof Input.Unreachable unreachable) {
      if (member.isLeader()) {
        replication.onUnreachable(unreachable.peer());
      }
    } else if (input instanceof Input.Gone gone) {
      election.onGone(gone.peer());
    } else if (input instanceof Input.Distance distance) {
      if (member.isLeader()) {
        replication.onDistance(distance.peer(), distance.near());
      }
    } else if (input instanceof Input.SnapshotReported reported) {
      if (member.isLeader()) {
        replication.onSnapshotReported(reported.peer(), reported.delivered());
      }
    } else {
      throw new IllegalArgumentException("no such input: " + input);
    }
    member.adoptMembership();
    if (member.resigns) {
      election.resign();
    }
    sentProposals.settle(member.log);
    if (sentProposals.hasReturnedBefore(member.term)) {
      proposeReturned();
    }
    return ready();
  }

  /** The state after the last step. */
  public RaftStatus status() {
    return status;
  }

  /**
   * The membership at a log index, for a snapshot of the state there.
   *
   * @param index from the applied index on
   */
  public ConfState confStateAt(long index) {
    return member.log.configurations().at(index);
  }

  /**
   * A leader's view of the members, itself included, in ascending order of their ids. Not for the
   * hot path.
   *
   * @return empty unless this member leads
   */
  public List<PeerProgress> progress() {
    if (!member.isLeader()) {
      return List.of();
    }
    Peers peers = member.peers;
    List<PeerProgress> all = new ArrayList<>();
    for (int i = 0; i < peers.count(); i++) {
      long id = peers.idAt(i);
      Progress progress = peers.at(i);
      boolean own = id == member.id;
      if (!peers.isDeparting(id)) {
        all.add(
            new PeerProgress(
                id,
                peers.quorum().contains(id),
                own ? PeerState.REPLICATE : progress.state(),
                progress.matchIndex(),
                own ? member.log.lastIndex() + 1 : progress.nextIndex(),
                own || progress.isRecentlyActive()));
      }
    }
    return List.copyOf(all);
  }

  /**
   * A leader's view of the members, for those who operate it: one line each. Not for the hot path.
   *
   * @return "memberId: state match next ..." in ascending order; empty unless this member leads
   */
  public List<String> describeProgress() {
    if (!member.isLeader()) {
      return List.of();
    }
    Peers peers = member.peers;
    String[] lines = new String[peers.count()];
    for (int i = 0; i < lines.length; i++) {
      Progress progress = peers.at(i);
      lines[i] =
          peers.idAt(i) == member.id
              ? member.id + ": leader, match=" + progress.matchIndex()
              : peers.idAt(i)
                  + ": "
                  + progress
                  + (peers.isDeparting(peers.idAt(i)) ? " departing" : "");
    }
    return List.of(lines);
  }

  private void receive(Message message) {
    if (message.to() != member.id || isOfEarlierLeader(message) || !election.admit(message)) {
      return;
    }
    if (message instanceof AppendEntriesResponse response) {
      if (member.isLeader()) {
        replication.onAppendEntriesResponse(response);
      }
    } else if (message instanceof AppendEntries append) {
      following.onAppendEntries(append);
    } else if (message instanceof CommitNotice notice) {
      following.onCommitNotice(notice);
    } else if (message instanceof HeartbeatResponse response) {
      if (member.isLeader()) {
        replication.onHeartbeatResponse(response);
      }
    } else if (message instanceof Heartbeat heartbeat) {
      following.onHeartbeat(heartbeat);
    } else if (message instanceof ForwardPropose forwarded) {
      onForwarded(forwarded);
    } else if (message instanceof ReadIndex read) {
      if (member.isLeader() && leaderReads.add(read.from(), read.requestId())) {
        replication.broadcastHeartbeat();
      }
    } else if (message instanceof ReadIndexResponse response) {
      if (member.leaderId == response.from()) {
        forwardedReads.onResponse(response.requestId(), response.index());
      }
    } else if (message instanceof InstallSnapshot install) {
      snapshotToInstall = following.onInstallSnapshot(install);
    } else {
      receiveAboutElection(message);
    }
  }

  private void receiveAboutElection(Message message) {
    if (message instanceof RequestVote request) {
      election.onRequestVote(request);
    } else if (message instanceof RequestVoteResponse response) {
      election.onRequestVoteResponse(response);
    } else if (message instanceof RequestPreVote request) {
      election.onRequestPreVote(request);
    } else if (message instanceof RequestPreVoteResponse response) {
      election.onRequestPreVoteResponse(response);
    } else if (message instanceof TimeoutNow timeoutNow) {
      election.onTimeoutNow(timeoutNow);
    } else if (message instanceof RequestRepair request) {
      if (member.isLeader()) {
        replication.onRequestRepair(request);
      }
    } else if (message instanceof RepairPoint answer) {
      member.repair.onRepairPoint(answer);
    }
  }

  /** Deals with messages about proposals whose leader leads no more: their term is history. */
  private boolean isOfEarlierLeader(Message message) {
    if (message instanceof ForwardRefused refused) {
      sentProposals.onRefused(refused);
      return true;
    }
    if (message instanceof ForwardPropose forwarded && forwarded.term() < member.term) {
      onForwarded(forwarded);
      return true;
    }
    return false;
  }

  /**
   * Logs what a follower has forwarded, or says that it never will be logged: this run of the
   * process knows all messages of the term that it led, and no other run leads in that term.
   */
  private void onForwarded(ForwardPropose forwarded) {
    if (forwarded.term() != forwardedProposals.term() || !forwardedProposals.isFirst(forwarded)) {
      return;
    }
    boolean leads = member.isLeader() && forwarded.term() == member.term;
    if (!leads || replication.propose(forwarded.commands()) != null) {
      member.outbox.send(forwarded.refused());
    }
  }

  /**
   * Proposes again what a leader did not log; with every tick, and as soon as there is a new term.
   */
  private void proposeReturned() {
    if (member.isLeader() ? member.transferTarget != 0 : member.leaderId == 0) {
      return;
    }
    for (List<byte[]> commands : sentProposals.takeReturned()) {
      if (!member.isLeader()) {
        forward(commands);
      } else {
        // Too much at once is the only reason left why not: its proposer learns nothing.
        replication.propose(commands);
      }
    }
  }

  private void forward(List<byte[]> commands) {
    ForwardPropose message =
        new ForwardPropose(
            member.id, member.leaderId, member.term, incarnation, ++forwardedSequence, commands);
    sentProposals.add(message, member.log.commitIndex());
    member.outbox.send(message);
  }

  private void propose(List<byte[]> commands) {
    if (commands.isEmpty()) {
      throw new IllegalArgumentException("a proposal needs at least one command");
    }
    Rejection.Reason reason = null;
    if (member.isLeader()) {
      reason = replication.propose(commands);
    } else if (member.leaderId != 0) {
      forward(commands);
    } else {
      reason = Rejection.Reason.NO_LEADER;
    }
    if (reason != null) {
      member.outbox.reject(new Rejection.OfProposal(reason, commands));
    }
  }

  private void readIndex(long requestId) {
    if (!member.isLeader()) {
      forwardedReads.add(requestId);
    } else if (leaderReads.add(member.id, requestId)) {
      replication.broadcastHeartbeat();
    }
  }

  private void changeConfig(ConfChange change) {
    Rejection.Reason reason;
    if (member.isLeader()) {
      reason = replication.changeConfig(change);
    } else {
      reason = member.leaderId == 0 ? Rejection.Reason.NO_LEADER : Rejection.Reason.NOT_LEADER;
    }
    if (reason != null) {
      member.outbox.reject(new Rejection.OfConfigChange(reason, change));
    }
  }

  private void transferLeader(long target) {
    Rejection.Reason reason =
        member.isLeader() ? replication.transfer(target) : Rejection.Reason.NOT_LEADER;
    if (reason != null) {
      member.outbox.reject(new Rejection.OfTransfer(reason, target));
    }
  }

  private void onPersisted(Input.Persisted persisted) {
    if (persisted.term() != member.term) {
      return;
    }
    boolean further = member.log.persisted(persisted.index(), persisted.entryTerm());
    if (member.awaitsOwnVote) {
      election.onOwnVoteDurable();
    } else if (further && member.isLeader()) {
      replication.onPersisted();
    }
  }

  private void onSnapshotSaved(Input.SnapshotSaved saved) {
    SnapshotMetadata snapshot = saved.snapshot();
    if (snapshot.index() > member.log.appliedIndex()
        || saved.keepFromIndex() > snapshot.index() + 1) {
      throw new RaftInvariantError(
          "dropped entries are in a snapshot",
          "snapshot "
              + snapshot.index()
              + ", applied "
              + member.log.appliedIndex()
              + ", to keep from "
              + saved.keepFromIndex());
    }
    if (snapshot.index() > member.snapshot.index()) {
      member.snapshot = snapshot;
    }
    member.log.truncatePrefix(saved.keepFromIndex());
  }

  private void onSnapshotInstalled(SnapshotMetadata snapshot) {
    if (snapshot.index() == member.snapshot.index()) {
      member.installing = false;
      member.log.installed(snapshot.index());
    }
  }

  private Ready ready() {
    member.repair.look();
    RaftLog log = member.log;
    boolean mayApply = !member.installing && log.hasCommittedToHandOut();
    boolean writes = log.offeredIndex() < log.lastIndex();
    boolean promised = member.term != emitted.term() || member.vote != emitted.vote();
    if (!mayApply && !writes && !promised && snapshotToInstall == null && member.outbox.isEmpty()) {
      if (refreshStatus()) {
        nothing = Ready.empty(status);
      }
      return nothing;
    }
    Optional<HardState> hardState = takeHardState(promised || writes || snapshotToInstall != null);
    List<Entry> entries = writes ? log.takeUnoffered() : List.of();
    Optional<Input.Persisted> persisted = attest(writes);
    List<Entry> committed = List.of();
    if (mayApply) {
      committed = log.takeCommitted();
      replication.handedOut(committed);
    }
    Optional<SnapshotMetadata> install = Optional.ofNullable(snapshotToInstall);
    snapshotToInstall = null;
    if (refreshStatus()) {
      nothing = Ready.empty(status);
    }
    return new Ready(
        hardState,
        entries,
        install,
        member.outbox.takeMessages(),
        persisted,
        hardState.isPresent() || writes || install.isPresent(),
        committed,
        member.outbox.takeReadStates(),
        member.outbox.takeRejections(),
        status);
  }

  /**
   * The commit index alone is not worth a write. It never runs ahead of what is durable here, so
   * that no recovery finds it behind a torn tail.
   */
  private Optional<HardState> takeHardState(boolean somethingIsWritten) {
    if (!somethingIsWritten) {
      return Optional.empty();
    }
    long commit = Math.min(member.log.commitIndex(), member.log.persistedIndex());
    HardState now = new HardState(member.term, member.vote, commit);
    if (now.equals(emitted)) {
      return Optional.empty();
    }
    emitted = now;
    return Optional.of(now);
  }

  /**
   * What the caller steps once this Ready is durable. A new term voids what was asked for before,
   * so entries still being written are attested anew with the first write of that term; so is the
   * vote of a member that elects itself alone.
   */
  private Optional<Input.Persisted> attest(boolean writes) {
    RaftLog log = member.log;
    boolean open = member.awaitsOwnVote || log.persistedIndex() < log.lastIndex();
    boolean anew = member.term != attestedTerm && open;
    attestedTerm = member.term;
    if (!writes && !anew) {
      return Optional.empty();
    }
    return Optional.of(new Input.Persisted(member.term, log.lastIndex(), log.lastTerm()));
  }

  private boolean refreshStatus() {
    RaftLog log = member.log;
    RaftStatus last = status;
    if (last.commitIndex() == log.commitIndex()
        && last.appliedIndex() == log.appliedIndex()
        && last.persistedIndex() == log.persistedIndex()
        && last.lastIndex() == log.lastIndex()
        && last.firstIndex() == log.firstIndex()
        && last.term() == member.term
        && last.role() == member.role
        && last.leaderId() == member.leaderId
        && last.transferTarget() == member.transferTarget
        && last.repairing() == member.repair.isOpen()
        && last.confState() == member.peers.confState()
        && last.confIndex() == log.configurations().index()) {
      return false;
    }
    status = currentStatus();
    return true;
  }

  private RaftStatus currentStatus() {
    RaftLog log = member.log;
    return new RaftStatus(
        member.id,
        member.role,
        member.leaderId,
        member.term,
        log.commitIndex(),
        log.appliedIndex(),
        log.persistedIndex(),
        log.firstIndex(),
        log.lastIndex(),
        member.transferTarget,
        member.peers.confState(),
        log.configurations().index(),
        member.repair.isOpen());
  }
}
