package io.holdfast.server.raft.message;

/**
 * What one member's core tells another's. A message carries its sender's term (a pre-vote the term
 * it asks about); what comes from an older term is refused or ignored.
 */
public sealed interface Message
    permits RequestPreVote,
        RequestPreVoteResponse,
        RequestVote,
        RequestVoteResponse,
        AppendEntries,
        AppendEntriesResponse,
        Heartbeat,
        HeartbeatResponse,
        CommitNotice,
        InstallSnapshot,
        ReadIndex,
        ReadIndexResponse,
        ForwardPropose,
        ForwardRefused,
        TimeoutNow,
        RequestRepair,
        RepairPoint {
  /** The sending member, never 0. */
  long from();

  /** The receiving member, never 0. */
  long to();

  /** The term it speaks for. */
  long term();
}
