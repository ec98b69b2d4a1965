package io.holdfast.server.app;

import io.holdfast.server.app.flag.Flags;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.grpc.ClientApi;
import io.holdfast.server.grpc.listener.ClientListener;
import io.holdfast.server.grpc.listener.ListenerOptions;
import io.holdfast.server.ops.RpcMetrics;
import io.holdfast.server.service.member.Member;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Everything that serves clients: the API over the member's use cases, and the listeners in front
 * of it. With {@code --listen-client-http-urls} there are two kinds of listeners, and HTTP leaves
 * the first.
 */
final class ClientPort implements AutoCloseable {
  private static final long OPENING_TIMEOUT_MILLIS = 10_000;
  private static final long NEVER_SECONDS = Duration.ofDays(10_000).toSeconds();

  private final ClientApi api;
  private final List<ClientListener> listeners;

  private ClientPort(ClientApi api, List<ClientListener> listeners) {
    this.api = api;
    this.listeners = listeners;
  }

  /**
   * @throws StartupException when an address cannot be listened on; nothing is left open then
   */
  static ClientPort open(
      ServerOptions options, Member member, RestRoutes rest, RpcMetrics metrics) {
    ClientApi.UseCases useCases =
        new ClientApi.UseCases(
            member.keyValues(),
            member.leases(),
            member.watches(),
            member.cluster(),
            member.maintenance(),
            member.locks(),
            member.elections(),
            member::health);
    ClientApi api =
        new ClientApi(
            useCases,
            new ClientApi.Options(
                options.limits().maxRequestBytes(), options.raft().electionTimeoutMillis()),
            metrics);
    rest.open(api, useCases);
    ClientPort port = new ClientPort(api, new ArrayList<>());
    try {
      port.listen(options);
    } catch (StartupException refused) {
      port.close();
      throw refused;
    }
    return port;
  }

  private void listen(ServerOptions options) {
    Optional<String> httpServer = Optional.of(ServerProcess.httpServer());
    boolean shared = options.listenClientHttpUrls().isEmpty();
    listeners.add(
        ClientListener.start(
            listenerOptions(
                options,
                Ports.addresses(Flags.LISTEN_CLIENT_URLS, options.listenClientUrls()),
                shared ? httpServer : Optional.empty()),
            api.services(),
            List.of(api.calls())));
    if (!shared) {
      listeners.add(
          ClientListener.start(
              listenerOptions(
                  options,
                  Ports.addresses(Flags.LISTEN_CLIENT_HTTP_URLS, options.listenClientHttpUrls()),
                  httpServer),
              List.of()));
    }
  }

  private static ListenerOptions listenerOptions(
      ServerOptions options, List<InetSocketAddress> addresses, Optional<String> httpServer) {
    ServerOptions.Limits limits = options.limits();
    return new ListenerOptions(
        addresses,
        limits.maxRequestBytes(),
        (int) Math.min(Integer.MAX_VALUE, limits.maxConcurrentStreams()),
        limits.keepaliveMinTime().toSeconds(),
        secondsOrNever(limits.keepaliveInterval()),
        secondsOrNever(limits.keepaliveTimeout()),
        OPENING_TIMEOUT_MILLIS,
        Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
        httpServer);
  }

  /** Zero switches pings off. */
  private static long secondsOrNever(Duration duration) {
    return duration.isZero() ? NEVER_SECONDS : Math.max(1, duration.toSeconds());
  }

  /** Where clients are really served, as {@code host:port}, with commas between. */
  String addresses() {
    return listeners.stream()
        .flatMap(listener -> listener.addresses().stream())
        .map(address -> address.getAddress().getHostAddress() + ":" + address.getPort())
        .collect(Collectors.joining(", "));
  }

  /** Stops listening, lets running calls end for a moment, and closes the API. */
  @Override
  public void close() {
    listeners.forEach(ClientListener::close);
    api.close();
  }
}
