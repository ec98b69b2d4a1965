package io.holdfast.server.rest;

import com.google.protobuf.Message;
import io.grpc.Channel;
import io.grpc.InternalMetadata;
import io.grpc.InternalMetadata.TrustedAsciiMarshaller;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.Status;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * etcd's JSON gateway: every path of the table transcodes to a gRPC method, called inside the
 * process, so that the same interceptors and handlers serve both forms of the API. A WebSocket on
 * the same path does the same, see {@link JsonSocket}.
 */
final class JsonGateway {
  private static final String METADATA_PREFIX = "grpc-metadata-";
  static final String BEARER = "Bearer";
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  /**
   * The HTTP server makes a char of each byte; the usual marshaller would lose what is not ASCII.
   */
  private static final TrustedAsciiMarshaller<String> AS_RECEIVED =
      new TrustedAsciiMarshaller<>() {
        @Override
        public byte[] toAsciiString(String value) {
          return value.getBytes(StandardCharsets.ISO_8859_1);
        }

        @Override
        public String parseAsciiString(byte[] serialized) {
          return new String(serialized, StandardCharsets.ISO_8859_1);
        }
      };

  private final Supplier<Optional<Channel>> channel;
  private final int bodyBytesMax;

  /**
   * @param channel the services, once they are there
   * @param requestBytesMax the largest request in its binary form
   */
  JsonGateway(Supplier<Optional<Channel>> channel, int requestBytesMax) {
    this.channel = channel;
    this.bodyBytesMax = bodyBytesMax(requestBytesMax);
  }

  /** Base64 makes four bytes of three, and a request may consist of little else. */
  static int bodyBytesMax(int requestBytesMax) {
    return requestBytesMax / 3 * 4 + 512 * 1024;
  }

  void addTo(Router router) {
    GatewayPages.addTo(router);
    for (Map.Entry<String, MethodDescriptor<?, ?>> route : GatewayRoutes.all().entrySet()) {
      @SuppressWarnings("unchecked")
      MethodDescriptor<Message, Message> method =
          (MethodDescriptor<Message, Message>) route.getValue();
      Message prototype =
          ((PrototypeMarshaller<Message>) method.getRequestMarshaller()).getMessagePrototype();
      router.route(route.getKey()).handler(context -> handle(context.request(), method, prototype));
    }
  }

  private void handle(
      HttpServerRequest request, MethodDescriptor<Message, Message> method, Message prototype) {
    boolean socket = isWebSocket(request);
    if (!socket && request.method() != HttpMethod.POST) {
      PlainText.methodNotAllowed(request, "POST");
      return;
    }
    Optional<Refusal> refusal = refusal(request);
    Optional<Channel> target = channel.get();
    if (refusal.isPresent()) {
      refuse(request, refusal.get().httpStatus, refusal.get().status);
    } else if (target.isEmpty()) {
      refuse(request, 503, Status.UNAVAILABLE.withDescription("the member is starting"));
    } else if (socket) {
      openSocket(request, method, prototype, target.get());
    } else {
      new JsonCall(target.get(), method, prototype, request, Vertx.currentContext(), bodyBytesMax)
          .start(metadata(request));
    }
  }

  private static boolean isWebSocket(HttpServerRequest request) {
    return request.method() == HttpMethod.GET
        && "websocket".equalsIgnoreCase(request.getHeader(HttpHeaders.UPGRADE));
  }

  private void openSocket(
      HttpServerRequest request,
      MethodDescriptor<Message, Message> method,
      Message prototype,
      Channel target) {
    Context context = Vertx.currentContext();
    Metadata metadata = metadata(request);
    bearer(request.getHeader("Sec-WebSocket-Protocol"))
        .ifPresent(token -> metadata.put(AUTHORIZATION, token));
    // A handshake that is none has been refused by then.
    request
        .toWebSocket()
        .onSuccess(
            opened ->
                new JsonSocket(target, method, prototype, opened, context, bodyBytesMax)
                    .start(metadata));
  }

  /** Pages cannot set a header for a WebSocket; they offer the token as a protocol. */
  private static Optional<String> bearer(String protocols) {
    int at = protocols == null ? -1 : protocols.indexOf(BEARER + ",");
    return at < 0
        ? Optional.empty()
        : Optional.of(BEARER + " " + protocols.substring(at + BEARER.length() + 1).strip());
  }

  private record Refusal(int httpStatus, Status status) {}

  /**
   * A page of another origin can make a browser send text or a form here without asking. Forms are
   * what curl sends by default, so the type alone cannot decide; but browsers name the origin.
   */
  private static Optional<Refusal> refusal(HttpServerRequest request) {
    String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
    String lower = type == null ? "" : type.toLowerCase(Locale.ROOT).trim();
    if (lower.startsWith("text/") || lower.startsWith("multipart/")) {
      return Optional.of(
          new Refusal(
              415,
              Status.INVALID_ARGUMENT.withDescription(
                  "requests of this content type are refused; send application/json")));
    }
    String origin = request.getHeader(HttpHeaders.ORIGIN);
    if (origin != null && !isSameOrigin(origin, request.getHeader(HttpHeaders.HOST))) {
      return Optional.of(
          new Refusal(
              403,
              Status.PERMISSION_DENIED.withDescription(
                  "requests from pages of another origin are refused")));
    }
    return Optional.empty();
  }

  private static boolean isSameOrigin(String origin, String host) {
    try {
      String authority = URI.create(origin).getAuthority();
      return authority != null && authority.equalsIgnoreCase(host);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static void refuse(HttpServerRequest request, int httpStatus, Status status) {
    request
        .response()
        .setStatusCode(httpStatus)
        .putHeader("Content-Type", "application/json")
        .putHeader("Connection", "close")
        .end(JsonMessages.error(status));
  }

  /** The token and whatever a client passes on explicitly. */
  private static Metadata metadata(HttpServerRequest request) {
    Metadata metadata = new Metadata();
    String authorization = request.getHeader(HttpHeaders.AUTHORIZATION);
    if (authorization != null) {
      metadata.put(AUTHORIZATION, authorization);
    }
    for (Map.Entry<String, String> header : request.headers()) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (name.startsWith(METADATA_PREFIX) && name.length() > METADATA_PREFIX.length()) {
        String key = name.substring(METADATA_PREFIX.length());
        if (!key.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
          metadata.put(InternalMetadata.keyOf(key, AS_RECEIVED), header.getValue());
        }
      }
    }
    return metadata;
  }
}
