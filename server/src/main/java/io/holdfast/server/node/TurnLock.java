package io.holdfast.server.node;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Sees to it that one thread at a time runs a turn of the loop. What a turn wrote is visible to the
 * next one, whichever thread runs it. Not reentrant: a turn within a turn would find the core in
 * the middle of a step.
 */
final class TurnLock {
  private static final long RETRY_NANOS = 20_000;

  private final AtomicReference<Thread> holder = new AtomicReference<>();

  boolean tryEnter() {
    return holder.get() == null && holder.compareAndSet(null, Thread.currentThread());
  }

  /** Waits for its turn; for the rare moments in which there is no way around it. */
  void enter() {
    while (!tryEnter()) {
      LockSupport.parkNanos(this, RETRY_NANOS);
    }
  }

  void leave() {
    holder.set(null);
  }

  boolean isHeld() {
    return holder.get() != null;
  }

  boolean isHeldHere() {
    return holder.get() == Thread.currentThread();
  }
}
