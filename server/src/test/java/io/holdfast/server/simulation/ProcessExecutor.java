package io.holdfast.server.simulation;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Runs a process's tasks one by one in virtual time; waiting for the end runs what is left. */
final class ProcessExecutor extends AbstractExecutorService implements ScheduledExecutorService {
  private final Process process;
  private final LongSupplier delayNanos;
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  private boolean shutdown;

  /**
   * @param delayNanos how long a task waits before it runs
   */
  ProcessExecutor(Process process, LongSupplier delayNanos) {
    this.process = process;
    this.delayNanos = delayNanos;
  }

  @Override
  public void execute(Runnable task) {
    waiting.addLast(task);
    process.later(delayNanos.getAsLong(), this::runNext);
  }

  private void runNext() {
    Runnable next = waiting.pollFirst();
    if (next != null) {
      next.run();
    }
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
    Scheduled<Void> scheduled = new Scheduled<>(task, 0);
    process.later(unit.toNanos(delay), scheduled::runUnlessShutDown);
    return scheduled;
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable task, long initialDelay, long delay, TimeUnit unit) {
    Scheduled<Void> scheduled = new Scheduled<>(task, unit.toNanos(delay));
    process.later(unit.toNanos(initialDelay), scheduled::runUnlessShutDown);
    return scheduled;
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable task, long initialDelay, long period, TimeUnit unit) {
    return scheduleWithFixedDelay(task, initialDelay, period, unit);
  }

  @Override
  public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
    throw new UnsupportedOperationException("nothing in the server schedules a callable");
  }

  @Override
  public void shutdown() {
    shutdown = true;
  }

  @Override
  public List<Runnable> shutdownNow() {
    shutdown = true;
    List<Runnable> left = List.copyOf(waiting);
    waiting.clear();
    return left;
  }

  @Override
  public boolean isShutdown() {
    return shutdown;
  }

  @Override
  public boolean isTerminated() {
    return shutdown && waiting.isEmpty();
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    while (!waiting.isEmpty()) {
      runNext();
    }
    return true;
  }

  /** A task that waits for its time, perhaps again and again. */
  private final class Scheduled<V> extends FutureTask<V> implements ScheduledFuture<V> {
    private final Runnable task;
    private final long againNanos;

    Scheduled(Runnable task, long againNanos) {
      super(task, null);
      this.task = task;
      this.againNanos = againNanos;
    }

    void runUnlessShutDown() {
      if (shutdown || isCancelled()) {
        return;
      }
      task.run();
      if (againNanos > 0) {
        process.later(againNanos, this::runUnlessShutDown);
      }
    }

    @Override
    public long getDelay(TimeUnit unit) {
      return 0;
    }

    @Override
    public int compareTo(Delayed other) {
      return 0;
    }
  }
}
