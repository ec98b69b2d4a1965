package io.holdfast.server.rest;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The JSON gateway's description, and a page to read it and to try calls. */
final class GatewayPages {
  static final String DESCRIPTION = "/v3/openapi.json";
  static final String PAGE = "/swagger";
  private static final String RESOURCE = "/io/holdfast/server/rest/swagger.html";

  private GatewayPages() {}

  /** Made when somebody asks for them: a start does not wait for what few members are asked for. */
  private static final class Texts {
    static final String DESCRIPTION = GatewayDescription.json();
    static final String PAGE = read();
  }

  static void addTo(Router router) {
    router
        .route(DESCRIPTION)
        .handler(call -> send(call.request(), "application/json", Texts.DESCRIPTION));
    router
        .route(PAGE)
        .handler(call -> send(call.request(), "text/html; charset=utf-8", Texts.PAGE));
  }

  private static void send(HttpServerRequest request, String type, String text) {
    if (request.method() != HttpMethod.GET) {
      PlainText.methodNotAllowed(request, "GET");
      return;
    }
    request
        .response()
        .putHeader("Content-Type", type)
        .putHeader("X-Content-Type-Options", "nosniff")
        // The page may run its own script and talk to this member only; nobody may frame it.
        .putHeader(
            "Content-Security-Policy",
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline';"
                + " connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action"
                + " 'none'")
        .end(text);
  }

  private static String read() {
    try (InputStream page = GatewayPages.class.getResourceAsStream(RESOURCE)) {
      return new String(page.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
