package io.holdfast.server.rest;

import io.grpc.Channel;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.grpc.ClientApi;
import io.holdfast.server.ops.HealthTotals;
import io.holdfast.server.rest.v1.ApiV1;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import java.util.Optional;

/**
 * The HTTP/1.1 side of the client port. Its routes can be set up before the member runs; until
 * {@link #open} they answer that it is starting.
 */
public final class RestApi {
  private final JsonGateway gateway;
  private final HealthEndpoints health;
  private final ApiV1 forPeople;
  private volatile Open open;

  private record Open(Channel channel, HealthEndpoints.Sources sources) {}

  /**
   * @param requestBytesMax the largest request in its binary form
   */
  public RestApi(int requestBytesMax) {
    this(requestBytesMax, new HealthTotals());
  }

  /**
   * @param answers where those of {@code /health} are counted
   */
  public RestApi(int requestBytesMax, HealthTotals answers) {
    gateway = new JsonGateway(() -> Optional.ofNullable(open).map(Open::channel), requestBytesMax);
    forPeople = new ApiV1(() -> Optional.ofNullable(open).map(Open::channel), requestBytesMax);
    health = new HealthEndpoints(() -> Optional.ofNullable(open).map(Open::sources), answers);
  }

  /**
   * Settings of the HTTP server that WebSockets need: a frame may hold the largest request, and
   * pages may offer a token as a protocol.
   */
  public static void acceptWebSockets(HttpServerOptions options, int requestBytesMax) {
    int bytes = JsonGateway.bodyBytesMax(requestBytesMax);
    options
        .setMaxWebSocketFrameSize(bytes)
        .setMaxWebSocketMessageSize(bytes)
        .addWebSocketSubProtocol(JsonGateway.BEARER);
  }

  public void addTo(Router router) {
    addWithoutGatewayTo(router);
    gateway.addTo(router);
  }

  /** What etcd serves to probes beside its metrics. */
  public void addChecksTo(Router router) {
    health.addChecksTo(router);
  }

  /** Health pages and the API for people, but not etcd's calls as JSON. */
  public void addWithoutGatewayTo(Router router) {
    health.addTo(router);
    forPeople.addTo(router);
  }

  /** The member serves from now on. */
  public void open(ClientApi api, ClientApi.UseCases useCases) {
    open =
        new Open(
            api.channel(),
            new HealthEndpoints.Sources(
                useCases.keyValues().as(Caller.CLUSTER),
                useCases.maintenance(),
                useCases.health()));
  }
}
