package io.holdfast.server.app;

import io.holdfast.server.app.flag.Flags;
import io.holdfast.server.grpc.listener.ClientListener;
import io.holdfast.server.ops.ProbePages;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.Router;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;

/**
 * {@code --listen-metrics-urls}: metrics and health pages and nothing else, for probes and
 * scrapers. The pages have an HTTP server of their own, which, as the other, is found inside the
 * process only; listeners as those of clients are in front of it.
 */
@Singleton
class MetricsPort {
  private static final int IDLE_SECONDS = 300;

  private final Vertx vertx;
  private final ProbePages pages;
  private final RestRoutes rest;

  MetricsPort(Vertx vertx, ProbePages pages, RestRoutes rest) {
    this.vertx = vertx;
    this.pages = pages;
    this.rest = rest;
  }

  /**
   * Listens, if the flag is given. Before the member has recovered: probes ask how far it is.
   *
   * @throws io.holdfast.server.error.StartupException when an address cannot be listened on;
   *     nothing is left open then
   */
  Listeners open(ServerOptions options, TlsSetup tls) {
    Listeners listeners = new Listeners(options, tls);
    if (options.listenMetricsUrls().isEmpty()) {
      return listeners;
    }
    String server = serve();
    try {
      listeners.open(
          Flags.LISTEN_METRICS_URLS,
          options.listenMetricsUrls(),
          Optional.of(server),
          these -> ClientListener.start(these, List.of()));
      return listeners;
    } catch (RuntimeException refused) {
      listeners.close();
      throw refused;
    }
  }

  /** The name of the server of the pages. */
  private String serve() {
    Router router = Router.router(vertx);
    pages.addTo(router);
    rest.addChecksTo(router);
    String name = ServerProcess.httpServer() + "-metrics";
    vertx
        .createHttpServer(new HttpServerOptions().setIdleTimeout(IDLE_SECONDS))
        .requestHandler(router)
        .listen(SocketAddress.domainSocketAddress(name))
        .toCompletionStage()
        .toCompletableFuture()
        .join();
    return name;
  }
}
