package io.holdfast.server.mvcc;

/**
 * Told of every revision, in order and exactly once, on the writing thread, after readers can see
 * it.
 */
@FunctionalInterface
public interface CommitListener {
  /** Must be quick and must not throw: the writer waits. */
  void committed(CommittedRevision committed);
}
