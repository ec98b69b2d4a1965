package io.holdfast.server.watch;

import io.holdfast.server.mvcc.MvccStore;
import java.util.concurrent.Executor;

/** All watch streams of the member: being moved in; its signatures are settled. */
public final class WatchHub {
  /**
   * Listens to the store's commits from now on.
   *
   * @param catchUp runs the bounded steps in which unsynced watchers read history
   */
  public WatchHub(MvccStore store, Executor catchUp, WatchHubOptions options) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Opens a stream. Any thread. */
  public WatchStream open(WatchSink sink) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Delivers the events of the revisions committed since the last call. Loop thread. */
  public void batchApplied() {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Sends periodic progress where it is due. Any thread, several times a second. */
  public void tick(long nowNanos) {
    throw new UnsupportedOperationException("not built yet");
  }

  public long watcherCount() {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Watchers that are behind. */
  public long slowWatcherCount() {
    throw new UnsupportedOperationException("not built yet");
  }

  public long streamCount() {
    throw new UnsupportedOperationException("not built yet");
  }
}
