package io.holdfast.server.grpc.listener;

import io.holdfast.server.tls.TlsMaterial;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.List;
import java.util.Optional;

/**
 * How the client port behaves.
 *
 * @param addresses where to listen; at least one, port 0 chooses a free one; either all in the
 *     network or all Unix sockets
 * @param requestBytesMax the largest request that is served; a message may be larger by the
 *     protocol's allowance before the connection's layer refuses it
 * @param concurrentStreamsMax calls that may be open at a time on one connection
 * @param keepAliveMinTimeSeconds clients that ping more often are disconnected
 * @param keepAliveIntervalSeconds how long a connection may be silent before it is pinged
 * @param keepAliveTimeoutSeconds how long the answer to a ping may take
 * @param openingTimeoutMillis how long a new connection may take to say what it speaks
 * @param eventLoopThreads threads that serve connections
 * @param httpServer the name of the process's HTTP server, as given to Vert.x as a domain socket;
 *     empty to serve gRPC only
 * @param tls what protects the connections; empty for none
 */
public record ListenerOptions(
    List<SocketAddress> addresses,
    int requestBytesMax,
    int concurrentStreamsMax,
    long keepAliveMinTimeSeconds,
    long keepAliveIntervalSeconds,
    long keepAliveTimeoutSeconds,
    long openingTimeoutMillis,
    int eventLoopThreads,
    Optional<String> httpServer,
    Optional<TlsMaterial> tls) {
  /** What etcd allows a message to exceed the request limit by. */
  static final int MESSAGE_OVERHEAD_BYTES = 512 * 1024;

  public ListenerOptions {
    addresses = List.copyOf(addresses);
    if (addresses.isEmpty()) {
      throw new IllegalArgumentException("no address to listen on");
    }
    if (addresses.stream().map(ListenerOptions::isUnixSocket).distinct().count() > 1) {
      throw new IllegalArgumentException("addresses of two kinds: " + addresses);
    }
  }

  private static boolean isUnixSocket(SocketAddress address) {
    return address instanceof UnixDomainSocketAddress;
  }

  /** Whether clients come through the file system. */
  boolean onUnixSockets() {
    return isUnixSocket(addresses.get(0));
  }

  /** etcd's defaults. */
  public static ListenerOptions defaults(List<? extends SocketAddress> addresses) {
    return new ListenerOptions(
        List.copyOf(addresses),
        3 * 512 * 1024,
        Integer.MAX_VALUE,
        5,
        2 * 60 * 60,
        20,
        10_000,
        Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
        Optional.empty(),
        Optional.empty());
  }

  public ListenerOptions withHttpServer(String name) {
    return new ListenerOptions(
        addresses,
        requestBytesMax,
        concurrentStreamsMax,
        keepAliveMinTimeSeconds,
        keepAliveIntervalSeconds,
        keepAliveTimeoutSeconds,
        openingTimeoutMillis,
        eventLoopThreads,
        Optional.of(name),
        tls);
  }

  public ListenerOptions withOpeningTimeoutMillis(long millis) {
    return new ListenerOptions(
        addresses,
        requestBytesMax,
        concurrentStreamsMax,
        keepAliveMinTimeSeconds,
        keepAliveIntervalSeconds,
        keepAliveTimeoutSeconds,
        millis,
        eventLoopThreads,
        httpServer,
        tls);
  }

  public ListenerOptions withConcurrentStreamsMax(int streams) {
    return new ListenerOptions(
        addresses,
        requestBytesMax,
        streams,
        keepAliveMinTimeSeconds,
        keepAliveIntervalSeconds,
        keepAliveTimeoutSeconds,
        openingTimeoutMillis,
        eventLoopThreads,
        httpServer,
        tls);
  }

  public ListenerOptions withKeepAlive(
      long minTimeSeconds, long intervalSeconds, long timeoutSeconds) {
    return new ListenerOptions(
        addresses,
        requestBytesMax,
        concurrentStreamsMax,
        minTimeSeconds,
        intervalSeconds,
        timeoutSeconds,
        openingTimeoutMillis,
        eventLoopThreads,
        httpServer,
        tls);
  }

  public ListenerOptions withTls(TlsMaterial material) {
    return new ListenerOptions(
        addresses,
        requestBytesMax,
        concurrentStreamsMax,
        keepAliveMinTimeSeconds,
        keepAliveIntervalSeconds,
        keepAliveTimeoutSeconds,
        openingTimeoutMillis,
        eventLoopThreads,
        httpServer,
        Optional.of(material));
  }
}
