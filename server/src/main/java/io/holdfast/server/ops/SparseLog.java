package io.holdfast.server.ops;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Warnings that anybody outside can bring about, and therefore one a second at most; the next one
 * tells how many were left out. Thread-safe.
 */
public final class SparseLog {
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Consumer<String> log;
  private final AtomicLong saidAtNanos = new AtomicLong(System.nanoTime() - PAUSE_NANOS);
  private final AtomicLong unsaid = new AtomicLong();

  public SparseLog(Consumer<String> log) {
    this.log = log;
  }

  /** Into the process's log, as a warning. */
  public static SparseLog of(Logger log) {
    return new SparseLog(line -> log.log(Level.WARNING, line));
  }

  /**
   * @param line asked only when it is written
   */
  public void say(Supplier<String> line) {
    long now = System.nanoTime();
    long last = saidAtNanos.get();
    if (now - last < PAUSE_NANOS || !saidAtNanos.compareAndSet(last, now)) {
      unsaid.incrementAndGet();
      return;
    }
    long others = unsaid.getAndSet(0);
    log.accept(
        line.get() + (others == 0 ? "" : " (and " + others + " more since the last such line)"));
  }
}
