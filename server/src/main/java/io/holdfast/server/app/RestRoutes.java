package io.holdfast.server.app;

import io.holdfast.server.app.log.LogLevelPage;
import io.holdfast.server.grpc.ClientApi;
import io.holdfast.server.ops.MemberMetrics;
import io.holdfast.server.rest.RestApi;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/**
 * Hangs the JSON gateway and the plain health pages into the HTTP server. The routes are there from
 * the start and say that the member is starting until {@link #open} gives them the API.
 */
@Singleton
public class RestRoutes {
  private final RestApi rest;

  private final LogLevelPage logLevel;

  RestRoutes(LogLevelPage logLevel, MemberMetrics metrics) {
    this.logLevel = logLevel;
    this.rest = new RestApi(ServerProcess.options().limits().maxRequestBytes(), metrics.health());
  }

  void addTo(@Observes Router router) {
    ServerOptions.Pages pages = ServerProcess.options().pages();
    pages.access().addTo(router);
    if (pages.jsonGateway()) {
      rest.addTo(router);
    } else {
      rest.addWithoutGatewayTo(router);
    }
  }

  /** What etcd serves to probes. */
  void addChecksTo(Router router) {
    rest.addChecksTo(router);
  }

  void open(ClientApi api, ClientApi.UseCases useCases) {
    rest.open(api, useCases);
    logLevel.open(useCases.auth());
  }
}
