package io.holdfast.server.raft.quorum;

/** How a vote stands. */
public enum VoteResult {
  /** A majority has answered no, or can no longer be reached. */
  LOST,
  /** It still depends on answers that are missing. */
  PENDING,
  /** A majority has answered yes. */
  WON
}
