package io.holdfast.server.watch;

/**
 * The watchers of one connection. All methods may be called by any thread; the sink sees the
 * answers in the order in which they take effect.
 */
public interface WatchStream extends AutoCloseable {
  /**
   * Adds a watcher and tells the sink {@link WatchMessage.Created}, or {@link WatchMessage.Refused}
   * when its range is empty, its id is taken, or its start revision is negative.
   */
  void create(WatchRequest request);

  /** Removes a watcher and tells the sink; an unknown id is ignored in silence. */
  void cancel(long watchId);

  /**
   * Tells the sink the stream's progress at once if every watcher of it is synced; else, and for a
   * stream without watchers, nothing.
   */
  void requestProgress();

  /** The sink's {@link WatchSink#isReady} has turned true: what was held back may go on. */
  void ready();

  /**
   * The sink has begun to work on what it was told. Until it is {@link #idle}, the hub may let new
   * events gather for a moment, to tell them in fewer messages. May be called from within {@link
   * WatchSink#deliver}; each call is followed by one of {@link #idle}.
   */
  void busy();

  /** The sink has done all its work. Not to be called from within {@link WatchSink#deliver}. */
  void idle();

  /** How many watchers the stream has. */
  int size();

  /** Removes all watchers; the sink is told nothing more. */
  @Override
  void close();
}
