package io.holdfast.server.ops;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Warns of work that took longer than it should. Thread-safe. */
public final class SlowWork {
  private final long limitNanos;
  private final SparseLog log;

  public SlowWork(Duration limit, SparseLog log) {
    this.limitNanos = limit.toNanos();
    this.log = log;
  }

  /** Nothing is too slow. */
  public static SlowWork unlimited() {
    return new SlowWork(Duration.ofNanos(Long.MAX_VALUE), new SparseLog(line -> {}));
  }

  /**
   * @param what describes it, without anything that a client stores; asked only when it is told
   * @return whether it took too long
   */
  public boolean check(long nanos, Supplier<String> what) {
    if (nanos <= limitNanos) {
      return false;
    }
    log.say(
        () ->
            what.get()
                + " took "
                + millis(nanos)
                + " ms, more than the "
                + millis(limitNanos)
                + " ms that are expected");
    return true;
  }

  private static double millis(long nanos) {
    return TimeUnit.NANOSECONDS.toMicros(nanos) / 1000.0;
  }
}
