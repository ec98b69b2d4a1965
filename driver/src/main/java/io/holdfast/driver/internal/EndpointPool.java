package io.holdfast.driver.internal;

import io.grpc.ManagedChannel;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** All endpoints of a connection, taken in turn; those that failed lately are passed over. */
final class EndpointPool {
  private final List<Endpoint> endpoints;
  private final List<String> names;
  private final AtomicInteger turn = new AtomicInteger();

  EndpointPool(List<Endpoint> endpoints) {
    this.endpoints = List.copyOf(endpoints);
    this.names = endpoints.stream().map(Endpoint::name).toList();
  }

  /**
   * What to do now.
   *
   * @param endpoint the endpoint to try, or the first that may be tried again
   * @param waitNanos how long to wait before; 0 for not at all
   */
  record Choice(Endpoint endpoint, long waitNanos) {}

  /** The next endpoint in turn that may be tried, or the one that may be tried soonest. */
  Choice choose(long nowNanos) {
    int first = Math.floorMod(turn.getAndIncrement(), endpoints.size());
    Endpoint soonest = null;
    long soonestNanos = Long.MAX_VALUE;
    for (int step = 0; step < endpoints.size(); step++) {
      Endpoint candidate = endpoints.get((first + step) % endpoints.size());
      long waitNanos = candidate.waitNanos(nowNanos);
      if (waitNanos <= 0) {
        return new Choice(candidate, 0);
      }
      if (waitNanos < soonestNanos) {
        soonest = candidate;
        soonestNanos = waitNanos;
      }
    }
    return new Choice(soonest, soonestNanos);
  }

  int size() {
    return endpoints.size();
  }

  List<String> names() {
    return names;
  }

  /** Ends every channel and waits a moment for their sockets to close. */
  void close(long waitMillis) throws InterruptedException {
    List<ManagedChannel> channels =
        endpoints.stream().map(Endpoint::close).flatMap(List::stream).toList();
    long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMillis);
    for (ManagedChannel channel : channels) {
      channel.awaitTermination(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
    }
  }
}
