package io.holdfast.server.node;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.RaftStatus;

/** Learns on the loop thread what the node goes through; must be short. */
public interface NodeObserver {
  /** Role, leader, term or membership changed. */
  void statusChanged(RaftStatus before, RaftStatus after);

  /**
   * An entry that changes the membership is about to be written: Raft goes by it from now on,
   * although it is not applied yet, and may be undone.
   */
  default void membershipChangeLogged(Entry entry) {}

  /**
   * A tick went by: the moment for a leader's recurring duties.
   *
   * @param nanoTime the clock's reading
   */
  void ticked(long nanoTime);
}
