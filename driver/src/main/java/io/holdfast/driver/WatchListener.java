package io.holdfast.driver;

import java.util.Optional;

/**
 * Told what happens in a watched range. Calls come one after the other, in order, on a callback
 * thread; while one runs, the server is made to wait, not this process's memory.
 *
 * <p>A listener that throws ends its watch: {@link #onClosed} gets what it threw. Blocking calls to
 * the same connection are refused here; use {@link Connection#async()}.
 */
public interface WatchListener {
  /** Changes happened. */
  void onEvents(WatchBatch batch);

  /**
   * The range's state as a whole, instead of events. Whoever keeps a copy of the range replaces it
   * with {@link WatchResync#keyValues()}; whoever follows events takes {@link
   * WatchResync#differences()}.
   */
  void onResync(WatchResync resync);

  /** Every event up to and including {@code revision} has been delivered. */
  default void onProgress(long revision) {}

  /** The watch is established, for the first time or again. */
  default void onConnected(String endpoint) {}

  /**
   * The watch was interrupted, or could not be established; it is being resumed. Called once for
   * each interruption, not for each further try.
   */
  default void onDisconnected(HoldfastException cause) {}

  /**
   * The last call: the watch has ended.
   *
   * @param cause empty if it was closed, otherwise why it cannot go on
   */
  default void onClosed(Optional<Throwable> cause) {}
}
