package io.holdfast.server.app;

import io.holdfast.server.app.flag.Flag;
import io.holdfast.server.app.flag.Flags;
import io.holdfast.server.app.flag.MemberUrl;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.grpc.ClientApi;
import io.holdfast.server.grpc.listener.ClientListener;
import io.holdfast.server.grpc.listener.ListenerOptions;
import io.holdfast.server.ops.RpcMetrics;
import io.holdfast.server.service.member.Member;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
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
      ServerOptions options, TlsSetup tls, Member member, RestRoutes rest, RpcMetrics metrics) {
    ClientApi.UseCases useCases =
        new ClientApi.UseCases(
            member.keyValues(),
            member.leases(),
            member.watches(),
            member.cluster(),
            member.maintenance(),
            member.locks(),
            member.elections(),
            member.auth(),
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
      port.listen(options, tls);
    } catch (StartupException refused) {
      port.close();
      throw refused;
    }
    return port;
  }

  private void listen(ServerOptions options, TlsSetup tls) {
    Optional<String> httpServer = Optional.of(ServerProcess.httpServer());
    boolean shared = options.listenClientHttpUrls().isEmpty();
    for (List<MemberUrl> ofAKind : byKind(options.listenClientUrls())) {
      listen(
          listenerOptions(
              options,
              tls,
              Flags.LISTEN_CLIENT_URLS,
              ofAKind,
              shared ? httpServer : Optional.empty()),
          these -> ClientListener.start(these, api.services(), List.of(api.calls())));
    }
    for (List<MemberUrl> ofAKind : byKind(options.listenClientHttpUrls())) {
      listen(
          listenerOptions(options, tls, Flags.LISTEN_CLIENT_HTTP_URLS, ofAKind, httpServer),
          these -> ClientListener.start(these, List.of()));
    }
  }

  /** What one listener can serve: in the network or by Unix sockets, with TLS or without. */
  private static Collection<List<MemberUrl>> byKind(List<MemberUrl> urls) {
    return urls.stream()
        .collect(
            Collectors.groupingBy(
                url -> List.of(url.isUnixSocket(), url.isSecure()),
                LinkedHashMap::new,
                Collectors.toList()))
        .values();
  }

  private void listen(ListenerOptions options, Function<ListenerOptions, ClientListener> listener) {
    try {
      for (UnixDomainSocketAddress socket : sockets(options)) {
        SocketFile.removeStale(socket);
      }
      listeners.add(listener.apply(options));
      for (UnixDomainSocketAddress socket : sockets(options)) {
        SocketFile.restrict(socket);
      }
    } catch (IOException refused) {
      throw new StartupException(
          "cannot listen for clients on "
              + options.addresses()
              + ": "
              + refused.getMessage()
              + "; choose another file for the unix socket",
          refused);
    }
  }

  private static List<UnixDomainSocketAddress> sockets(ListenerOptions options) {
    return options.addresses().stream()
        .filter(UnixDomainSocketAddress.class::isInstance)
        .map(UnixDomainSocketAddress.class::cast)
        .toList();
  }

  private static ListenerOptions listenerOptions(
      ServerOptions options,
      TlsSetup tls,
      Flag flag,
      List<MemberUrl> urls,
      Optional<String> httpServer) {
    ServerOptions.Limits limits = options.limits();
    return new ListenerOptions(
        Ports.addresses(flag, urls),
        limits.maxRequestBytes(),
        (int) Math.min(Integer.MAX_VALUE, limits.maxConcurrentStreams()),
        limits.keepaliveMinTime().toSeconds(),
        secondsOrNever(limits.keepaliveInterval()),
        secondsOrNever(limits.keepaliveTimeout()),
        OPENING_TIMEOUT_MILLIS,
        Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
        httpServer,
        urls.get(0).isSecure() ? tls.clients() : Optional.empty());
  }

  /** Zero switches pings off. */
  private static long secondsOrNever(Duration duration) {
    return duration.isZero() ? NEVER_SECONDS : Math.max(1, duration.toSeconds());
  }

  /** Where clients are really served, as {@code host:port} or URL, with commas between. */
  String addresses() {
    return listeners.stream()
        .flatMap(listener -> listener.addresses().stream())
        .map(ClientPort::text)
        .collect(Collectors.joining(", "));
  }

  private static String text(SocketAddress address) {
    return address instanceof InetSocketAddress network
        ? network.getAddress().getHostAddress() + ":" + network.getPort()
        : "unix://" + address;
  }

  /** Stops listening, lets running calls end for a moment, and closes the API. */
  @Override
  public void close() {
    listeners.forEach(ClientListener::close);
    api.close();
  }
}
