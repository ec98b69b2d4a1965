package io.holdfast.server.app;

import io.holdfast.server.app.flag.Flag;
import io.holdfast.server.app.flag.MemberUrl;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.grpc.listener.ClientListener;
import io.holdfast.server.grpc.listener.ListenerOptions;
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

/** The listeners of some flags' URLs, which are opened and closed together. */
final class Listeners implements AutoCloseable {
  private static final long OPENING_TIMEOUT_MILLIS = 10_000;
  private static final long NEVER_SECONDS = Duration.ofDays(10_000).toSeconds();

  private final ServerOptions options;
  private final TlsSetup tls;
  private final List<ClientListener> listeners = new ArrayList<>();

  Listeners(ServerOptions options, TlsSetup tls) {
    this.options = options;
    this.tls = tls;
  }

  /**
   * Listens on all URLs of a flag.
   *
   * @param httpServer the name of the HTTP server that is found there; empty for none
   * @throws StartupException when an address cannot be listened on; close what is open then
   */
  void open(
      Flag flag,
      List<MemberUrl> urls,
      Optional<String> httpServer,
      Function<ListenerOptions, ClientListener> start) {
    for (List<MemberUrl> ofAKind : byKind(urls)) {
      open(flag, optionsOf(flag, ofAKind, httpServer), start);
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

  private void open(
      Flag flag, ListenerOptions these, Function<ListenerOptions, ClientListener> start) {
    try {
      for (UnixDomainSocketAddress socket : sockets(these)) {
        SocketFile.removeStale(socket);
      }
      listeners.add(start.apply(these));
      for (UnixDomainSocketAddress socket : sockets(these)) {
        SocketFile.restrict(socket);
      }
    } catch (StartupException refused) {
      throw new StartupException(refused.getMessage() + " for --" + flag.name(), refused);
    } catch (IOException refused) {
      throw new StartupException(
          "cannot listen on "
              + these.addresses()
              + ": "
              + refused.getMessage()
              + "; choose another file for the unix socket of --"
              + flag.name(),
          refused);
    }
  }

  private static List<UnixDomainSocketAddress> sockets(ListenerOptions options) {
    return options.addresses().stream()
        .filter(UnixDomainSocketAddress.class::isInstance)
        .map(UnixDomainSocketAddress.class::cast)
        .toList();
  }

  private ListenerOptions optionsOf(Flag flag, List<MemberUrl> urls, Optional<String> httpServer) {
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

  /** Where this really listens, as {@code host:port} or URL, with commas between. */
  String addresses() {
    return listeners.stream()
        .flatMap(listener -> listener.addresses().stream())
        .map(Listeners::text)
        .collect(Collectors.joining(", "));
  }

  private static String text(SocketAddress address) {
    return address instanceof InetSocketAddress network
        ? network.getAddress().getHostAddress() + ":" + network.getPort()
        : "unix://" + address;
  }

  @Override
  public void close() {
    listeners.forEach(ClientListener::close);
  }
}
