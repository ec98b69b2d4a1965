package io.holdfast.driver.internal;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * One member as a client sees it: its channel, and how long to leave it alone after failures.
 *
 * <p>A channel that failed to connect is replaced instead of waited for: the transport's own pauses
 * between tries grow to minutes, and meanwhile it would answer with its last error.
 */
final class Endpoint {
  private static final int DOUBLINGS_MAX = 16;

  private final HostAndPort address;
  private final ChannelFactory factory;
  private final DriverThreads threads;
  private final long backoffMinNanos;
  private final long backoffMaxNanos;
  private final String name;

  private final List<ManagedChannel> retired = new ArrayList<>();
  private ManagedChannel channel;
  private boolean closed;
  private volatile int failures;
  private volatile long notBeforeNanos;

  Endpoint(
      HostAndPort address,
      ChannelFactory factory,
      DriverThreads threads,
      Duration backoffMin,
      Duration backoffMax) {
    this.address = address;
    this.factory = factory;
    this.threads = threads;
    this.backoffMinNanos = backoffMin.toNanos();
    this.backoffMaxNanos = backoffMax.toNanos();
    this.name = address.toString();
  }

  /** The endpoint as {@code host:port}. */
  String name() {
    return name;
  }

  /** How long to wait before trying this endpoint: 0 or less when it may be tried now. */
  long waitNanos(long nowNanos) {
    return failures == 0 ? 0 : notBeforeNanos - nowNanos;
  }

  /** The channel to try now. */
  synchronized ManagedChannel channel() {
    if (channel == null || isBroken(channel)) {
      ManagedChannel broken = channel;
      channel = factory.open(address, threads);
      if (broken != null) {
        // Not at once: requests on an older connection of it may still be answered.
        broken.shutdown();
        retired.removeIf(ManagedChannel::isTerminated);
        retired.add(broken);
      }
      if (closed) {
        channel.shutdownNow();
      }
    }
    return channel;
  }

  /** Whether a connection stands, so that a request is sent at once. */
  synchronized boolean isReady() {
    return channel != null && channel.getState(false) == ConnectivityState.READY;
  }

  private static boolean isBroken(ManagedChannel candidate) {
    ConnectivityState state = candidate.getState(false);
    return state == ConnectivityState.TRANSIENT_FAILURE;
  }

  /** An answer came: the member works. */
  void succeeded() {
    if (failures != 0) {
      failures = 0;
    }
  }

  /** It did not work. Many requests that fail together count once. */
  synchronized void failed(long nowNanos) {
    if (failures > 0 && notBeforeNanos - nowNanos > 0) {
      return;
    }
    notBeforeNanos = nowNanos + pauseNanos(failures, backoffMinNanos, backoffMaxNanos);
    failures = Math.min(failures + 1, DOUBLINGS_MAX);
  }

  /** A pause that doubles with each failure, of which a random half is left out. */
  static long pauseNanos(int failuresBefore, long minNanos, long maxNanos) {
    long full = Math.min(maxNanos, minNanos << Math.min(failuresBefore, DOUBLINGS_MAX));
    return full / 2 + ThreadLocalRandom.current().nextLong(full / 2 + 1);
  }

  /** Ends the channels, and answers those whose sockets may take a moment to close. */
  synchronized List<ManagedChannel> close() {
    closed = true;
    if (channel != null) {
      retired.add(channel);
    }
    retired.forEach(ManagedChannel::shutdownNow);
    return List.copyOf(retired);
  }
}
