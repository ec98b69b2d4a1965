package io.holdfast.server.apply;

/** Is told how long the applier's work took, in nanoseconds. On the loop thread; must be short. */
public interface ApplyObserver {
  /** Nobody is told. */
  ApplyObserver NOBODY = new ApplyObserver() {};

  /** A command was executed, or refused. */
  default void executed(Command command, boolean refused, long nanos) {}

  /** A bounded part of what was compacted away was removed. */
  default void removalStep(long nanos) {}

  /** The last part was removed; the time since the first one of this process. */
  default void removalEnded(long nanos) {}
}
