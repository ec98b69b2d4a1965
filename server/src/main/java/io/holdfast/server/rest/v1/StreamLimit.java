package io.holdfast.server.rest.v1;

import io.holdfast.server.error.EtcdError;
import java.util.concurrent.atomic.AtomicInteger;

/** How many event streams and readings of history may be open at once on one member. */
final class StreamLimit {
  private final int max;
  private final AtomicInteger open = new AtomicInteger();

  StreamLimit(int max) {
    this.max = max;
  }

  /**
   * @return gives the place back; calls after the first do nothing
   * @throws Problem 429 when all places are taken
   */
  Runnable take() {
    if (open.incrementAndGet() > max) {
      open.decrementAndGet();
      throw Problem.of(EtcdError.TOO_MANY_REQUESTS, false)
          .with("streamsMax", max)
          .header("Retry-After", "5");
    }
    AtomicInteger held = new AtomicInteger(1);
    return () -> {
      if (held.getAndSet(0) == 1) {
        open.decrementAndGet();
      }
    };
  }

  int open() {
    return open.get();
  }
}
