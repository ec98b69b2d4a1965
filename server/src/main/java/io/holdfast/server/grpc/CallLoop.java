package io.holdfast.server.grpc;

import com.google.common.util.concurrent.MoreExecutors;
import io.netty.util.internal.ThreadExecutorMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;

/** Where the work of a call is done. */
final class CallLoop {
  private CallLoop() {}

  /**
   * The event loop of the connection that calls. A caller without one is given threads of the
   * common pool, one after the other; never the thread that happens to tell of something, which may
   * hold a lock.
   */
  static Executor current() {
    Executor own = ThreadExecutorMap.currentExecutor();
    return own == null ? MoreExecutors.newSequentialExecutor(ForkJoinPool.commonPool()) : own;
  }
}
