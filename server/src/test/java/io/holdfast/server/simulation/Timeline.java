package io.holdfast.server.simulation;

import java.util.PriorityQueue;

/**
 * Virtual time: what is to happen, in order. Time goes from one happening to the next without
 * waiting, and everything runs on the calling thread, so a run depends on nothing but its seed.
 */
final class Timeline {
  static final long MILLI = 1_000_000L;
  static final long SECOND = 1_000 * MILLI;

  private final PriorityQueue<Happening> queue = new PriorityQueue<>();
  private long now;
  private long scheduled;
  private long trace = 0xcbf29ce484222325L;
  private long happened;
  private AssertionError failure;

  private record Happening(long time, long number, Runnable action)
      implements Comparable<Happening> {
    @Override
    public int compareTo(Happening other) {
      int byTime = Long.compare(time, other.time);
      return byTime != 0 ? byTime : Long.compare(number, other.number);
    }
  }

  /** Nanoseconds since the beginning. */
  long now() {
    return now;
  }

  void after(long nanos, Runnable action) {
    queue.add(new Happening(now + Math.max(0, nanos), scheduled++, action));
  }

  /** Notes that something is wrong, wherever it was seen; ends the run. */
  void fail(AssertionError cause) {
    if (failure == null) {
      failure = cause;
    }
  }

  /** Lets things happen until a moment. */
  void runUntil(long end) {
    while (failure == null && !queue.isEmpty() && queue.peek().time() <= end) {
      Happening next = queue.poll();
      now = next.time();
      happened++;
      next.action().run();
    }
    if (failure != null) {
      throw failure;
    }
    now = end;
  }

  /** Notes what happened, for the comparison of two runs of one seed. */
  void trace(String what, long one, long other) {
    long hash = trace;
    hash = (hash ^ now) * 0x100000001b3L;
    hash = (hash ^ what.hashCode()) * 0x100000001b3L;
    hash = (hash ^ one) * 0x100000001b3L;
    trace = (hash ^ other) * 0x100000001b3L;
    if (TRACED) {
      System.out.printf("%d %s %x %x%n", now, what, one, other);
    }
  }

  private static final boolean TRACED = Boolean.getBoolean("holdfast.simulation.trace");

  /** The hash of all that was noted. */
  long traceHash() {
    return trace * 31 + happened;
  }

  long happened() {
    return happened;
  }
}
