package io.holdfast.server.raft;

/** What a member is to the others in its term (Raft thesis, 3.3 and 9.6). */
public enum Role {
  /** Follows a leader, or waits to hear from one. */
  FOLLOWER,
  /** Asks whether an election could be won, without disturbing anybody's term. */
  PRE_CANDIDATE,
  /** Stands for election in a new term. */
  CANDIDATE,
  /** Orders proposals for its term. */
  LEADER
}
