package io.holdfast.driver;

/** A running watch. Thread-safe. */
public interface Watch extends AutoCloseable {
  /**
   * The revision from which the watch would resume now: everything before it was delivered. 0 while
   * that is not known yet.
   */
  long nextRevision();

  /** Whether the watch has ended. */
  boolean isClosed();

  /** Ends the watch. No call begins after {@link WatchListener#onClosed}. */
  @Override
  void close();
}
