package io.holdfast.server.service;

/**
 * Is told how long a member's work took, in nanoseconds. Called on whatever thread did it; must not
 * block.
 */
public interface MemberTimings {
  /** Nobody is told. */
  MemberTimings NONE = new MemberTimings() {};

  /** A batch was written to the log. */
  default void walWrite(long bytes, long nanos) {}

  /** The log was made durable, its writes included. */
  default void walSync(long nanos) {}

  /** The store was committed. */
  default void backendCommit(long nanos) {}

  /**
   * A command of the log was executed.
   *
   * @param operation etcd's name of it, such as {@code Put}
   * @param accepted false when it was refused and changed nothing
   */
  default void executed(String operation, boolean accepted, long nanos) {}

  /** A part of what was compacted away was removed, in one go. */
  default void removalStep(long nanos) {}

  /** All that was compacted away is removed; the time since the removal began. */
  default void removal(long nanos) {}

  /** A defragmentation. */
  default void defragment(long nanos) {}

  /** A hash of all that is stored. */
  default void hash(long nanos) {}

  /** A hash of the history up to a revision. */
  default void hashOfRevision(long nanos) {}

  /** A backup, from its beginning until it is closed. */
  default void backup(long nanos) {}
}
