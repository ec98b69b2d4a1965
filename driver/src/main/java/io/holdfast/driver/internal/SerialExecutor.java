package io.holdfast.driver.internal;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** Runs tasks one after the other, in order, on whichever thread the pool has free. */
final class SerialExecutor implements Executor {
  private final Executor pool;
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private boolean running;

  SerialExecutor(Executor pool) {
    this.pool = pool;
  }

  @Override
  public void execute(Runnable task) {
    synchronized (tasks) {
      tasks.add(task);
      if (running) {
        return;
      }
      running = true;
    }
    try {
      pool.execute(this::runOne);
    } catch (RejectedExecutionException closed) {
      // The connection is gone, and what would be told now is of no use to anybody.
      synchronized (tasks) {
        running = false;
        tasks.clear();
      }
    }
  }

  private void runOne() {
    Runnable task = next();
    while (task != null) {
      task.run();
      task = mayHandOver() ? null : next();
    }
  }

  /** Takes the next task, or remembers that there is none. */
  private Runnable next() {
    synchronized (tasks) {
      running = !tasks.isEmpty();
      return tasks.poll();
    }
  }

  /**
   * Goes to the end of the pool's queue, so that others get their turn. A pool that was closed runs
   * what it has and takes no more: then the rest is run here.
   */
  private boolean mayHandOver() {
    try {
      pool.execute(this::runOne);
      return true;
    } catch (RejectedExecutionException closed) {
      return false;
    }
  }
}
