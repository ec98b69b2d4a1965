package io.holdfast.server.service;

import io.holdfast.server.watch.WatchSink;
import io.holdfast.server.watch.WatchStream;

/** The use cases of watches. */
public interface WatchService {
  /**
   * Opens a stream of watchers for one client connection.
   *
   * @param sink takes what the watchers see; called as {@link WatchStream} describes
   * @return must be closed when the connection ends
   */
  WatchStream open(WatchSink sink);

  /** The header for what the stream sends at a revision; 0 where the protocol leaves it out. */
  ResponseHeader header(long revision);
}
