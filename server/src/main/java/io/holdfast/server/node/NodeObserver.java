package io.holdfast.server.node;

import io.holdfast.server.raft.RaftStatus;

/** Learns on the loop thread what the node goes through; must be short. */
public interface NodeObserver {
  /** Role, leader, term or membership changed. */
  void statusChanged(RaftStatus before, RaftStatus after);

  /**
   * A tick went by: the moment for a leader's recurring duties.
   *
   * @param nanoTime the clock's reading
   */
  void ticked(long nanoTime);
}
