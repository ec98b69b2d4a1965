package io.holdfast.server.rest.v1;

import io.grpc.Channel;
import io.grpc.Status;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The API for people: finds the resource that an address means and lets it answer. Addresses are
 * read from the request as it came, not as a router tidies it, since a key may well contain {@code
 * //} or {@code ..}.
 */
public final class ApiV1 {
  static final String ROOT = "/api/v1";
  private static final int STREAMS_MAX = 1000;
  private static final String DESCRIPTION = "openapi.json";

  private final Supplier<Optional<Channel>> channel;
  private final int requestBytesMax;
  private final StreamLimit streams = new StreamLimit(STREAMS_MAX);

  /**
   * @param channel the services, once they are there
   * @param requestBytesMax the largest request in its binary form, and the largest body here
   */
  public ApiV1(Supplier<Optional<Channel>> channel, int requestBytesMax) {
    this.channel = channel;
    this.requestBytesMax = requestBytesMax;
  }

  public void addTo(Router router) {
    router.route(ROOT + "/*").handler(context -> handle(context.request()));
    // A router refuses addresses with malformed escapes before it looks for a route.
    router.errorHandler(
        400,
        context -> {
          if (context.request().uri().startsWith(ROOT + "/")) {
            handle(context.request());
          } else {
            context.response().setStatusCode(400).end("Bad Request");
          }
        });
  }

  /** Event streams and readings of history that are open now. */
  int openStreams() {
    return streams.open();
  }

  private void handle(HttpServerRequest request) {
    Optional<Channel> services = channel.get();
    Exchange exchange =
        new Exchange(request, Vertx.currentContext(), services.orElse(null), requestBytesMax);
    exchange.attempt(
        () -> {
          checkOrigin(request);
          String path = rawPath(request);
          if (path.equals("/" + DESCRIPTION)) {
            describe(exchange);
          } else if (services.isEmpty()) {
            throw Problem.of(Status.UNAVAILABLE.withDescription("the member is starting"), false);
          } else {
            dispatch(exchange, path);
          }
        });
    if (!exchange.isWrite()) {
      // A body of a GET means nothing; what there is of it is passed over.
      request.resume();
    }
  }

  private static String rawPath(HttpServerRequest request) {
    String uri = request.uri();
    int query = uri.indexOf('?');
    String path = query < 0 ? uri : uri.substring(0, query);
    int root = path.indexOf(ROOT + "/");
    if (root != 0) {
      throw notFound();
    }
    return path.substring(ROOT.length());
  }

  private void dispatch(Exchange exchange, String path) {
    if (path.equals("/keys")) {
      if (allowed(exchange, ListResource.ALLOW)) {
        new ListResource(exchange).handle();
      }
    } else if (path.startsWith("/keys/")) {
      KeyName key = KeyName.fromPath(path.substring("/keys/".length()));
      if (allowed(exchange, KeyResource.ALLOW)) {
        new KeyResource(exchange, key).handle();
      }
    } else if (path.startsWith("/history/")) {
      KeyName key = KeyName.fromPath(path.substring("/history/".length()));
      if (allowed(exchange, HistoryResource.ALLOW)) {
        new HistoryResource(exchange, streams, key).handle();
      }
    } else if (path.equals("/watch")) {
      if (allowed(exchange, WatchResource.ALLOW)) {
        new WatchResource(exchange, streams).handle();
      }
    } else if (path.equals("/tree") || path.startsWith("/tree/")) {
      String root = PercentText.decode(path.substring(Math.min(path.length(), 6)), false);
      KeyName.checkPrefix(root);
      if (allowed(exchange, TreeResource.ALLOW)) {
        new TreeResource(exchange, withoutSlash(root)).handle();
      }
    } else {
      throw notFound();
    }
  }

  private static String withoutSlash(String root) {
    return root.endsWith("/") ? root.substring(0, root.length() - 1) : root;
  }

  /** Whether the resource is to answer; OPTIONS is answered here. */
  private static boolean allowed(Exchange exchange, String methods) {
    if (exchange.method() == HttpMethod.OPTIONS) {
      exchange.response().putHeader(HttpHeaders.ALLOW, methods);
      exchange.empty(204);
      return false;
    }
    if (!List.of(methods.split(", ")).contains(exchange.method().name())) {
      throw methodNotAllowed(methods);
    }
    return true;
  }

  static Problem methodNotAllowed(String methods) {
    return new Problem(
            405, "method-not-allowed", "The method is not for this address", "Use " + methods + ".")
        .header(HttpHeaders.ALLOW.toString(), methods);
  }

  private static Problem notFound() {
    return new Problem(
        404,
        "no-such-address",
        "There is nothing at this address",
        "Addresses begin with /api/v1/keys, /history, /watch or /tree; see /api/v1/openapi.json.");
  }

  /** A page of another origin must not act with the rights of its visitor. */
  private static void checkOrigin(HttpServerRequest request) {
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    if (origin == null) {
      return;
    }
    String authority;
    try {
      authority = URI.create(origin).getAuthority();
    } catch (IllegalArgumentException malformed) {
      authority = null;
    }
    if (authority == null || !authority.equalsIgnoreCase(request.getHeader(HttpHeaders.HOST))) {
      throw new Problem(
          403,
          "foreign-origin",
          "Requests from pages of another origin are refused",
          "The page comes from " + origin + ".");
    }
  }

  private static void describe(Exchange exchange) {
    if (allowed(exchange, "GET, HEAD, OPTIONS")) {
      exchange.send(ContentTypes.JSON, 200, Buffer.buffer(description()));
    }
  }

  /** The OpenAPI description. */
  static String description() {
    try (InputStream file = ApiV1.class.getResourceAsStream(DESCRIPTION)) {
      if (file == null) {
        throw new IllegalStateException(DESCRIPTION + " is missing from the program");
      }
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(DESCRIPTION + " cannot be read", e);
    }
  }
}
