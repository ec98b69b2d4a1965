package io.holdfast.server.raft.progress;

/** How a leader sends to a peer. */
public enum PeerState {
  /** It does not know where the logs part: one message at a time. */
  PROBE,
  /** The logs agree: messages follow each other without waiting, up to the window. */
  REPLICATE,
  /** The peer needs entries that are gone: nothing is sent until the snapshot has arrived. */
  SNAPSHOT
}
