package io.holdfast.server.rest;

import io.vertx.core.http.HttpServerRequest;

/** Answers in plain text, with the headers that Go's HTTP server gives them. */
final class PlainText {
  private PlainText() {}

  static void send(HttpServerRequest request, int status, String text) {
    request
        .response()
        .setStatusCode(status)
        .putHeader("Content-Type", "text/plain; charset=utf-8")
        .putHeader("X-Content-Type-Options", "nosniff")
        .end(text);
  }

  static void methodNotAllowed(HttpServerRequest request, String allowed) {
    request.response().putHeader("Allow", allowed);
    send(request, 405, "Method Not Allowed\n");
  }
}
