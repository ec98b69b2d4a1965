package io.holdfast.server.watch;

/**
 * The client's end of a watch stream. Implementations must not block: they are called on the thread
 * that applies entries, and by others, but never by two threads at once.
 */
public interface WatchSink {
  /**
   * Whether more can be sent without queueing without bound. While it is false, no events are
   * delivered; once it turns true, the owner calls {@link WatchStream#ready}.
   */
  boolean isReady();

  /** Takes a message; the order of the calls is the order for the client. */
  void deliver(WatchMessage message);
}
