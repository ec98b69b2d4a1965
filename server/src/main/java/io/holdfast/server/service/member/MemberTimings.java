package io.holdfast.server.service.member;

import java.util.function.LongConsumer;

/**
 * Who is told how long a member's work took, in nanoseconds. Called on whatever thread did it; must
 * not block.
 *
 * @param walSync every sync of the log
 * @param backendCommit every commit of the store
 * @param defragment every defragmentation
 * @param hash every hash of all that is stored
 * @param hashOfRevision every hash of the history up to a revision
 * @param backup every backup, from its beginning until it is closed
 */
public record MemberTimings(
    LongConsumer walSync,
    LongConsumer backendCommit,
    LongConsumer defragment,
    LongConsumer hash,
    LongConsumer hashOfRevision,
    LongConsumer backup) {
  private static final LongConsumer NOBODY = nanos -> {};

  /** Nobody is told. */
  public static final MemberTimings NONE =
      new MemberTimings(NOBODY, NOBODY, NOBODY, NOBODY, NOBODY, NOBODY);
}
