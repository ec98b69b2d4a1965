package io.holdfast.server.rest;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.util.Set;

/**
 * Which pages may call the HTTP side of the client port from browsers, and under which names it may
 * be called at all: {@code --cors} and {@code --host-whitelist}, with etcd's answers. Comes before
 * every other route.
 *
 * @param origins such as {@code https://console.example}; one star for all
 * @param hosts names and addresses without a port; one star for all
 */
public record AccessControl(Set<String> origins, Set<String> hosts) {
  private static final String ALL = "*";
  private static final int FIRST = Integer.MIN_VALUE;
  private static final int STATUS_MISDIRECTED = 421;

  /** Everybody, everywhere: etcd's default. */
  public static final AccessControl OPEN = new AccessControl(Set.of(ALL), Set.of(ALL));

  public AccessControl {
    origins = Set.copyOf(origins);
    hosts = Set.copyOf(hosts);
  }

  public void addTo(Router router) {
    router.route().order(FIRST).handler(this::check);
  }

  private void check(RoutingContext call) {
    HttpServerRequest request = call.request();
    HttpServerResponse response = call.response();
    String host = request.authority() == null ? "" : request.authority().host();
    if (!hosts.contains(ALL) && !hosts.contains(host)) {
      response
          .setStatusCode(STATUS_MISDIRECTED)
          .putHeader("Content-Type", "text/plain; charset=utf-8")
          .putHeader("X-Content-Type-Options", "nosniff")
          .end(
              "This member does not know the host that the request is for. A page that has its name"
                  + " lead here could read your data (DNS rebinding).\n"
                  + "If the host is right, name it in --host-whitelist.\n");
      return;
    }
    String origin = request.getHeader("Origin");
    if (origins.contains(ALL)) {
      allow(response, ALL);
    } else if (origin != null && origins.contains(normal(origin))) {
      allow(response, origin);
      response.putHeader("Vary", "Origin");
    }
    if (request.method() == HttpMethod.OPTIONS) {
      response.end();
    } else {
      call.next();
    }
  }

  private static void allow(HttpServerResponse response, String origin) {
    response
        .putHeader("Access-Control-Allow-Methods", "POST, GET, OPTIONS, PUT, DELETE")
        .putHeader("Access-Control-Allow-Origin", origin)
        .putHeader("Access-Control-Allow-Headers", "accept, content-type, authorization");
  }

  /** An origin with its port: browsers leave the usual one out, and etcd's flag asks for it. */
  public static String normal(String origin) {
    try {
      URI uri = URI.create(origin);
      if (uri.getHost() == null || uri.getPort() >= 0) {
        return origin;
      }
      return origin + ("https".equals(uri.getScheme()) ? ":443" : ":80");
    } catch (IllegalArgumentException noOrigin) {
      return origin;
    }
  }
}
