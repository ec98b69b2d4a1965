package io.holdfast.server.node;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/** A daemon thread for every job; jobs sleep in their mailboxes, which wake them. */
final class ThreadRunners implements Runners {
  private static final long PROGRESS_NANOS = 100_000;

  @Override
  public Runner runner(String name, Job job) {
    Thread thread = new Thread(job::run, name);
    thread.setDaemon(true);
    return new ThreadRunner(thread);
  }

  @Override
  public ExecutorService oneByOne(String name) {
    return Executors.newSingleThreadExecutor(
        task -> {
          Thread thread = new Thread(task, name);
          thread.setDaemon(true);
          return thread;
        });
  }

  private record ThreadRunner(Thread thread) implements Runner {
    @Override
    public void start() {
      thread.start();
    }

    @Override
    public void wake() {
      // The mailbox in which the job sleeps does it.
    }

    @Override
    public void awaitProgress() {
      LockSupport.parkNanos(this, PROGRESS_NANOS);
    }

    @Override
    public void join() throws InterruptedException {
      thread.join();
    }
  }
}
