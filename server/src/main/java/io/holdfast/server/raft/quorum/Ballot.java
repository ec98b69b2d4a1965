package io.holdfast.server.raft.quorum;

/** One voter's answer. */
public enum Ballot {
  MISSING,
  YES,
  NO
}
