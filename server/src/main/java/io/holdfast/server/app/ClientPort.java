package io.holdfast.server.app;

import io.holdfast.server.app.flag.Flags;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.grpc.ClientApi;
import io.holdfast.server.grpc.listener.ClientListener;
import io.holdfast.server.ops.RpcMetrics;
import io.holdfast.server.ops.SlowWork;
import io.holdfast.server.ops.SparseLog;
import io.holdfast.server.service.member.Member;
import java.lang.System.Logger;
import java.util.List;
import java.util.Optional;

/**
 * Everything that serves clients: the API over the member's use cases, and the listeners in front
 * of it. With {@code --listen-client-http-urls} there are two kinds of listeners, and HTTP leaves
 * the first.
 */
final class ClientPort implements AutoCloseable {
  private static final Logger LOG = System.getLogger(ClientPort.class.getName());

  private final ClientApi api;
  private final Listeners listeners;

  private ClientPort(ClientApi api, Listeners listeners) {
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
            metrics,
            new SlowWork(options.logging().slowRequest(), SparseLog.of(LOG)));
    rest.open(api, useCases);
    ClientPort port = new ClientPort(api, new Listeners(options, tls));
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
    listeners.open(
        Flags.LISTEN_CLIENT_URLS,
        options.listenClientUrls(),
        shared ? httpServer : Optional.empty(),
        these -> ClientListener.start(these, api.services(), List.of(api.calls())));
    listeners.open(
        Flags.LISTEN_CLIENT_HTTP_URLS,
        options.listenClientHttpUrls(),
        httpServer,
        these -> ClientListener.start(these, List.of()));
  }

  /** Where clients are really served, as {@code host:port} or URL, with commas between. */
  String addresses() {
    return listeners.addresses();
  }

  /** Stops listening, lets running calls end for a moment, and closes the API. */
  @Override
  public void close() {
    listeners.close();
    api.close();
  }
}
