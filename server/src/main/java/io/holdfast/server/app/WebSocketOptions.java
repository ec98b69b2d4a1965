package io.holdfast.server.app;

import io.holdfast.server.rest.RestApi;
import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.http.HttpServerOptions;
import jakarta.inject.Singleton;

/** Makes the HTTP server accept the WebSockets that the JSON gateway understands. */
@Singleton
public class WebSocketOptions implements HttpServerOptionsCustomizer {
  @Override
  public void customizeDomainSocketServer(HttpServerOptions options) {
    RestApi.acceptWebSockets(options, ServerProcess.options().limits().maxRequestBytes());
  }
}
