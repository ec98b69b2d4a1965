package io.holdfast.server.raft;

import io.holdfast.server.raft.message.AppendEntries;
import io.holdfast.server.raft.message.AppendEntriesResponse;
import io.holdfast.server.raft.message.CommitNotice;
import io.holdfast.server.raft.message.Heartbeat;
import io.holdfast.server.raft.message.HeartbeatResponse;
import io.holdfast.server.raft.message.InstallSnapshot;

/** What a follower does with its leader's log (paper, 5.3 and section 7). */
final class Following {
  private final Member member;
  private final Election election;

  Following(Member member, Election election) {
    this.member = member;
    this.election = election;
  }

  void onAppendEntries(AppendEntries message) {
    election.hearFromLeader(message.from());
    RaftLog log = member.log;
    if (message.prevLogIndex() < log.commitIndex()) {
      // Overtaken: what is committed here equals the leader's log.
      accept(message.from(), log.commitIndex());
      return;
    }
    if (log.termAt(message.prevLogIndex()) != message.prevLogTerm()) {
      refuse(message);
      return;
    }
    log.accept(message.entries());
    long agreed = message.prevLogIndex() + message.entries().size();
    log.commitTo(Math.min(message.leaderCommit(), agreed));
    accept(message.from(), agreed);
  }

  private void refuse(AppendEntries message) {
    RaftLog log = member.log;
    long hintIndex = log.lastIndexOfTermAtMost(message.prevLogIndex(), message.prevLogTerm());
    member.outbox.sendAfterPersist(
        new AppendEntriesResponse(
            member.id,
            message.from(),
            member.term,
            message.prevLogIndex(),
            true,
            hintIndex,
            Math.max(0, log.termAt(hintIndex))));
  }

  void onCommitNotice(CommitNotice message) {
    election.hearFromLeader(message.from());
    member.log.commitTo(member.repair.committed(message.leaderCommit()));
  }

  void onHeartbeat(Heartbeat message) {
    election.hearFromLeader(message.from());
    member.log.commitTo(member.repair.committed(message.leaderCommit()));
    member.outbox.send(
        new HeartbeatResponse(member.id, message.from(), member.term, message.readContext()));
  }

  /**
   * @return the snapshot to install; null when it has nothing new
   */
  SnapshotMetadata onInstallSnapshot(InstallSnapshot message) {
    election.hearFromLeader(message.from());
    SnapshotMetadata snapshot = message.snapshot();
    RaftLog log = member.log;
    if (snapshot.index() <= log.commitIndex()) {
      accept(message.from(), log.commitIndex());
      return null;
    }
    if (log.termAt(snapshot.index()) == snapshot.term()) {
      // The log has it all already and more: only the news of the commit counts.
      log.commitTo(snapshot.index());
      accept(message.from(), snapshot.index());
      return null;
    }
    log.reset(snapshot);
    member.snapshot = snapshot;
    member.installing = true;
    accept(message.from(), snapshot.index());
    return snapshot;
  }

  private void accept(long to, long index) {
    member.repair.agreed(index);
    member.outbox.sendAfterPersist(
        new AppendEntriesResponse(member.id, to, member.term, index, false, 0, 0));
  }
}
