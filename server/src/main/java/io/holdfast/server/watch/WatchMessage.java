package io.holdfast.server.watch;

/** What a watch stream is told. */
public sealed interface WatchMessage {
  /** The id that stands for all watchers of a stream, or for one that could not be created. */
  long NO_WATCH_ID = -1;

  long watchId();

  /**
   * A watcher exists from now on. Precedes everything else that is said to it.
   *
   * @param revision the store's revision at its creation
   */
  record Created(long watchId, long revision) implements WatchMessage {}

  /**
   * A watcher could not be created: to be answered as created and canceled at once.
   *
   * @param reason the text for the client
   */
  record Refused(long revision, String reason) implements WatchMessage {
    @Override
    public long watchId() {
      return NO_WATCH_ID;
    }
  }

  /**
   * Changes, in revision order and whole revisions. All events of the watcher up to {@code
   * revision} have been delivered with this message.
   *
   * @param previousWanted whether the client asked for the pairs before the changes
   */
  record Events(long watchId, long revision, WatchBatch batch, boolean previousWanted)
      implements WatchMessage {}

  /**
   * A watcher is up to date: all its events up to {@code revision} have been delivered.
   *
   * @param watchId {@link #NO_WATCH_ID} when it speaks for all watchers of the stream
   */
  record Progress(long watchId, long revision) implements WatchMessage {}

  /** The client's request to cancel was carried out; nothing follows for this id. */
  record Canceled(long watchId, long revision) implements WatchMessage {}

  /**
   * The history that a watcher still needs is gone; nothing follows for this id.
   *
   * @param compactRevision the oldest revision from which it can be started again
   */
  record Compacted(long watchId, long compactRevision) implements WatchMessage {}
}
