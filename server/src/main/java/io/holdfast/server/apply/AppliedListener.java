package io.holdfast.server.apply;

import io.holdfast.server.mvcc.MvccStore;

/** Follows the applier, on the loop thread; must be short. */
@FunctionalInterface
public interface AppliedListener {
  /**
   * Entries have been applied and their requests answered. Also called inside a batch before a
   * compaction, so that what happened before it can be told in full.
   *
   * @param revision the store's revision
   */
  void batchApplied(long revision);

  /**
   * History is about to be compacted, after {@link #batchApplied}: whoever still has changes of
   * before to tell does so now.
   */
  default void compacting() {}

  /** A snapshot has replaced the whole state; the store of before must not be read any more. */
  default void stateReplaced(MvccStore store) {}

  /**
   * The membership is another, or members have told their names; the requests for it are answered
   * afterwards.
   */
  default void membershipApplied(Membership membership) {}
}
