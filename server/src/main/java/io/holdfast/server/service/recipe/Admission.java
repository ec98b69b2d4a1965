package io.holdfast.server.service.recipe;

import java.util.concurrent.atomic.AtomicInteger;

/** How many may wait, or observe, at once: each of them costs a watcher. */
final class Admission {
  private final int max;
  private final AtomicInteger count = new AtomicInteger();

  Admission(int max) {
    this.max = max;
  }

  boolean enter() {
    if (count.incrementAndGet() > max) {
      count.decrementAndGet();
      return false;
    }
    return true;
  }

  void leave() {
    count.decrementAndGet();
  }

  int count() {
    return count.get();
  }
}
