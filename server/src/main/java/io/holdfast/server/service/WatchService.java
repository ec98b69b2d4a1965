package io.holdfast.server.service;

import io.holdfast.server.auth.Caller;
import io.holdfast.server.watch.WatchSink;
import io.holdfast.server.watch.WatchStream;
import java.util.function.Supplier;

/** The use cases of watches. */
public interface WatchService {
  /**
   * Opens a stream of watchers for one client connection, for {@link Caller#ANONYMOUS}.
   *
   * @param sink takes what the watchers see; called as {@link WatchStream} describes
   * @return must be closed when the connection ends
   */
  WatchStream open(WatchSink sink);

  /**
   * The same on somebody's behalf. The stream's {@link WatchStream#create} refuses with a {@link
   * io.holdfast.server.error.StoreException} what they may not read; what was admitted goes on.
   *
   * @param caller asked at each creation, as a stream lives longer than permissions
   */
  WatchStream open(Supplier<Caller> caller, WatchSink sink);

  /** The header for what the stream sends at a revision; 0 where the protocol leaves it out. */
  ResponseHeader header(long revision);
}
