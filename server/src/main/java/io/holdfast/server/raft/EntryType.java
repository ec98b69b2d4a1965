package io.holdfast.server.raft;

/** What a log entry carries. */
public enum EntryType {
  /** A command for the state machine, or nothing (empty data): a new leader's first entry. */
  NORMAL,
  /** A change of the cluster's membership. */
  CONFIG_CHANGE
}
