package io.holdfast.server.node;

/** Monotonic time; the origin is arbitrary, wall-clock jumps do not show. */
@FunctionalInterface
public interface Clock {
  /** Nanoseconds since an arbitrary origin. */
  long nanoTime();

  /** The process's monotonic clock. */
  static Clock system() {
    return System::nanoTime;
  }
}
