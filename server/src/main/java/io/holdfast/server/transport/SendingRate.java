package io.holdfast.server.transport;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * Keeps the snapshots that a member sends, all together, below a rate, so that they leave room for
 * the member's real work. Thread-safe.
 */
final class SendingRate {
  /** What may be sent at once after a rest. */
  private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final double nanosPerByte;
  private long freeAtNanos = System.nanoTime();

  SendingRate(long bytesPerSecond) {
    nanosPerByte = 1e9 / bytesPerSecond;
  }

  /**
   * Waits until so many bytes may be sent.
   *
   * @throws IOException when the thread was interrupted
   */
  void await(int bytes) throws IOException {
    long waitNanos;
    synchronized (this) {
      long now = System.nanoTime();
      freeAtNanos = Math.max(freeAtNanos, now - BURST_NANOS);
      waitNanos = freeAtNanos - now;
      freeAtNanos += (long) (bytes * nanosPerByte);
    }
    if (waitNanos > 0) {
      try {
        TimeUnit.NANOSECONDS.sleep(waitNanos);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("the transport is closed", e);
      }
    }
  }
}
