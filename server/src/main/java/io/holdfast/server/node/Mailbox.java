package io.holdfast.server.node;

import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * What other threads want of the loop: many may put, one takes everything at once.
 *
 * <p>A stack that producers push on with one compare-and-swap and that the consumer swaps for an
 * empty one, so the cost of taking is shared by all that came in meanwhile: under load the loop
 * works in batches by itself. Those who put bound what they put; the mailbox refuses nothing.
 */
final class Mailbox<T> {
  private final AtomicReference<Node<T>> newest = new AtomicReference<>();
  private volatile Thread sleeper;

  /** Puts an item and wakes the consumer if it sleeps. */
  void put(T item) {
    Node<T> node = new Node<>(item);
    Node<T> before;
    do {
      before = newest.get();
      node.older = before;
    } while (!newest.compareAndSet(before, node));
    if (before == null) {
      wake();
    }
  }

  /** Wakes the consumer if it sleeps, without putting anything. */
  void wake() {
    Thread thread = sleeper;
    if (thread != null) {
      LockSupport.unpark(thread);
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
    if (nanos <= 0) {
      return;
    }
    sleeper = Thread.currentThread();
    try {
      if (newest.get() == null) {
        LockSupport.parkNanos(this, nanos);
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
