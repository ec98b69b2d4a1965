package io.holdfast.server.node;

import java.util.concurrent.ExecutorService;

/**
 * Who runs what a node does by itself: a thread for every job in production, a single thread under
 * virtual time in a simulation.
 */
public interface Runners {
  /**
   * Prepares to run a job; it begins with {@link Runner#start}.
   *
   * @param name for the thread
   */
  Runner runner(String name, Job job);

  /** Runs tasks one by one, each when the one before is done. */
  ExecutorService oneByOne(String name);

  /** The handle on a job. */
  interface Runner {
    void start();

    /** There is something to do: a resting job is to have a round soon. Any thread. */
    void wake();

    /** To be called repeatedly, on another job, while that one cannot go on without this one. */
    void awaitProgress();

    /** Returns when the job has ended. */
    void join() throws InterruptedException;
  }

  /** Daemon threads. */
  static Runners threads() {
    return new ThreadRunners();
  }
}
