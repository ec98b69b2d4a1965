package io.holdfast.server.raft;

import io.holdfast.server.raft.membership.ConfChange;
import io.holdfast.server.raft.message.Message;
import java.util.List;

/** Everything that can happen to a {@link RaftCore}. */
public sealed interface Input {

  /** Time went on by one tick. */
  record Tick() implements Input {
    /** The only tick needed. */
    public static final Tick INSTANCE = new Tick();
  }

  /** A message came from a peer. Loss, duplication, delay and reordering are tolerated. */
  record Receive(Message message) implements Input {}

  /**
   * Commands to be logged, in order. On the leader they are accepted or rejected as a whole; a
   * follower forwards them to the leader, at most once and without an answer.
   *
   * @param commands at least one, none of them empty
   */
  record Propose(List<byte[]> commands) implements Input {}

  /**
   * Asks for the index at which a linearizable read may be served.
   *
   * @param requestId comes back in a {@link ReadState} or a {@link Rejection.OfRead}; unique among
   *     the reads waiting here
   */
  record ReadIndex(long requestId) implements Input {}

  /**
   * Asks the leader to change the membership. One step is a simple change; steps that change more
   * than one vote go through a joint membership, which the leader leaves by itself. The change is
   * in force from the moment it is in the log; it is lasting once its entry is committed, and is
   * undone if another leader replaces the entry before that. One at a time: the next is refused
   * until this one is applied here, so it may be checked against the applied membership.
   *
   * <p>Refused by a {@link Rejection.OfConfigChange} in the same step; otherwise it is logged at
   * {@link RaftStatus#confIndex()} of that step's status, in the current term.
   *
   * @param change may be without steps: then only its context is logged
   */
  record ChangeConfig(ConfChange change) implements Input {}

  /** Asks the leader to hand leadership to {@code target}. */
  record TransferLeader(long target) implements Input {}

  /**
   * Everything of the {@link Ready} that asked for this (and of all before it) is durable. Step
   * exactly the value found in {@link Ready#persisted()}; when one sync covers several Readys, the
   * last such value is enough.
   *
   * @param term this member's term when the write was asked for. A write asked for in an earlier
   *     term says nothing: its entries may have been replaced since, and replaced back
   * @param index the last log index that was durable by it
   * @param entryTerm the term of the entry at {@code index}, which names the whole log up to there
   */
  record Persisted(long term, long index, long entryTerm) implements Input {}

  /** The state machine has executed all entries up to {@code index}. */
  record Applied(long index) implements Input {}

  /**
   * A snapshot of this member's own state is durable.
   *
   * @param snapshot what it covers; not above the applied index
   * @param keepFromIndex entries below this may leave memory; at most the snapshot's index + 1.
   *     Peers that need them will be sent a snapshot instead
   */
  record SnapshotSaved(SnapshotMetadata snapshot, long keepFromIndex) implements Input {}

  /** The snapshot named by {@link Ready#snapshotToInstall()} is durable and is the state now. */
  record SnapshotInstalled(SnapshotMetadata snapshot) implements Input {}

  /** The transport lost a message to {@code peer} or cannot reach it. */
  record Unreachable(long peer) implements Input {}

  /**
   * The process of {@code peer} is known to have ended: its connections are closed and its port
   * refuses new ones. A follower whose leader it was need not wait out the election timeout. Where
   * the news is wrong no harm is done: the next heartbeat makes the peer the leader again.
   */
  record Gone(long peer) implements Input {}

  /**
   * How soon {@code peer} answers, as the caller has measured. To a peer that is near, a leader
   * sends entries only when all before are answered: what comes meanwhile goes in one message,
   * which costs less than many, and waits no longer than an answer takes. To one that is far it
   * sends without waiting for answers; so it does until it is told. Counts until the leadership
   * ends, and for speed alone.
   */
  record Distance(long peer, boolean near) implements Input {}

  /** How sending a snapshot to {@code peer} ended. */
  record SnapshotReported(long peer, boolean delivered) implements Input {}
}
