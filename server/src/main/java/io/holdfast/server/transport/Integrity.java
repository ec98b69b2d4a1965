package io.holdfast.server.transport;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What a member says about its own data. The stage fails when the member cannot be asked, which
 * says nothing about its data.
 */
@FunctionalInterface
public interface Integrity {
  /**
   * Asks for the hash of the history up to a revision. Takes as long as reading the history.
   *
   * @param revision 0 when only the rest is wanted
   */
  CompletionStage<Report> report(long revision);

  /**
   * A member's answer.
   *
   * @param hash empty when the member cannot hash up to that revision: it has not reached it, or
   *     has compacted it
   * @param repairing whether its log was lost and is not whole again
   */
  record Report(Optional<StateHash> hash, boolean repairing) {}

  /** Comparable with another one of the same revisions. */
  record StateHash(int hash, long revision, long compactRevision) {}
}
