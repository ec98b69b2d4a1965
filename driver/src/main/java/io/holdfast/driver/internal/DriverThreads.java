package io.holdfast.driver.internal;

import io.holdfast.driver.ErrorState;
import io.holdfast.driver.HoldfastException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads of one connection: all of them are its own, daemons, and gone when it is closed.
 *
 * <ul>
 *   <li>transport: reads and writes sockets; runs no code of the application's;
 *   <li>timer: one thread, for deadlines and pauses; never blocks;
 *   <li>callbacks: run the application's code, and nothing of the driver's waits for them.
 * </ul>
 */
final class DriverThreads implements AutoCloseable {
  private static final AtomicInteger CONNECTIONS = new AtomicInteger();
  private static final long IDLE_SECONDS = 10;

  private final ThreadPoolExecutor transport;
  private final ScheduledThreadPoolExecutor timer;
  private final ThreadPoolExecutor callbacks;

  DriverThreads(int callbackThreads) {
    String name = "holdfast-" + CONNECTIONS.incrementAndGet();
    transport =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            factory(name + "-transport-", false),
            DriverThreads::runLate);
    timer = new ScheduledThreadPoolExecutor(1, factory(name + "-timer-", false));
    timer.setRemoveOnCancelPolicy(true);
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    callbacks =
        new ThreadPoolExecutor(
            callbackThreads,
            callbackThreads,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            factory(name + "-callback-", true));
    callbacks.allowCoreThreadTimeOut(true);
  }

  /** Sockets that outlast the closing of the connection have their last tasks done all the same. */
  private static void runLate(Runnable task, ThreadPoolExecutor closed) {
    closed.getThreadFactory().newThread(task).start();
  }

  private ThreadFactory factory(String prefix, boolean runsCallbacks) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      String name = prefix + number.incrementAndGet();
      Thread thread = runsCallbacks ? new CallbackThread(this, task, name) : new Thread(task, name);
      thread.setDaemon(true);
      // Not the creator's: it would keep a redeployed application in memory.
      thread.setContextClassLoader(DriverThreads.class.getClassLoader());
      return thread;
    };
  }

  ExecutorService transport() {
    return transport;
  }

  ScheduledExecutorService timer() {
    return timer;
  }

  Executor callbacks() {
    return callbacks;
  }

  /**
   * Runs a callback on its own thread. Only after the connection was closed, when there are no such
   * threads any more, it runs here: whoever waits for it must not wait forever.
   */
  void callBack(Runnable callback) {
    try {
      callbacks.execute(callback);
    } catch (RejectedExecutionException closed) {
      callback.run();
    }
  }

  /** Whether the calling thread runs callbacks of this connection. */
  boolean onCallbackThread() {
    return Thread.currentThread() instanceof CallbackThread thread && thread.owner == this;
  }

  /** Refuses to block a thread that runs callbacks: others would wait for it, perhaps forever. */
  void checkMayBlock() {
    if (onCallbackThread()) {
      throw new HoldfastException(
          ErrorState.BLOCKING_IN_CALLBACK,
          "a blocking call was made inside a callback, on thread "
              + Thread.currentThread().getName()
              + "; use connection.async() there, or hand the work to a thread of your own");
    }
  }

  /** Lets callbacks that were already handed over finish; starts no timers and no transports. */
  @Override
  public void close() {
    timer.shutdownNow();
    transport.shutdown();
    callbacks.shutdown();
  }

  private static final class CallbackThread extends Thread {
    private final DriverThreads owner;

    CallbackThread(DriverThreads owner, Runnable task, String name) {
      super(task, name);
      this.owner = owner;
    }
  }
}
