package io.holdfast.server.node;

import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * What other threads want of the loop: many may put, one takes everything at once.
 *
 * <p>A stack that producers push on with one compare-and-swap and that the consumer swaps for an
 * empty one, so the cost of taking is shared by all that came in meanwhile: under load the loop
 * works in batches by itself. Those who put bound what they put; the mailbox refuses nothing.
 */
final class Mailbox<T> {
  /** How long to sleep when it is late already but somebody else is at work. */
  private static final long LATE_NANOS = 1_000_000;

  private final AtomicReference<Node<T>> newest = new AtomicReference<>();
  private volatile Thread sleeper;

  /** Told of every wake besides: for consumers that sleep elsewhere. Set before the first put. */
  private Runnable onWake;

  void onWake(Runnable listener) {
    onWake = listener;
  }

  /** Puts an item and wakes the consumer if it sleeps. */
  void put(T item) {
    if (add(item)) {
      wake();
    }
  }

  /**
   * Puts an item without waking anybody.
   *
   * @return whether the mailbox was empty: then it is on the caller to see that somebody looks
   */
  boolean add(T item) {
    Node<T> node = new Node<>(item);
    Node<T> before;
    do {
      before = newest.get();
      node.older = before;
    } while (!newest.compareAndSet(before, node));
    return before == null;
  }

  /** Wakes the consumer if it sleeps, without putting anything. */
  void wake() {
    Thread thread = sleeper;
    if (thread != null) {
      LockSupport.unpark(thread);
    }
    if (onWake != null) {
      onWake.run();
    }
  }

  boolean isEmpty() {
    return newest.get() == null;
  }

  /** Moves everything put so far to the end of a queue, oldest first. Consumer only. */
  void drainTo(ArrayDeque<T> target) {
    Node<T> node = newest.get() == null ? null : newest.getAndSet(null);
    Node<T> oldest = null;
    while (node != null) {
      Node<T> older = node.older;
      node.older = oldest;
      oldest = node;
      node = older;
    }
    for (; oldest != null; oldest = oldest.older) {
      target.addLast(oldest.item);
    }
  }

  /** Sleeps until something is put, a wake, or the time is over. Consumer only. */
  void await(long nanos) {
    await(nanos, () -> false);
  }

  /**
   * The same, but also sleeps on what was put while somebody else takes care of it; that one then
   * wakes the consumer when it leaves something behind.
   */
  void await(long nanos, BooleanSupplier takenCareOf) {
    boolean late = nanos <= 0;
    if (late && !takenCareOf.getAsBoolean()) {
      return;
    }
    sleeper = Thread.currentThread();
    try {
      if (newest.get() == null || takenCareOf.getAsBoolean()) {
        LockSupport.parkNanos(this, late ? LATE_NANOS : nanos);
      }
    } finally {
      sleeper = null;
    }
  }

  private static final class Node<T> {
    final T item;
    Node<T> older;

    Node(T item) {
      this.item = item;
    }
  }
}
