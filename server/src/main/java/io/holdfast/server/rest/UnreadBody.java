package io.holdfast.server.rest;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;

/** Requests that are answered before all of them has come. */
public final class UnreadBody {
  private UnreadBody() {}

  /**
   * To be called before an answer is sent. The rest of a body is passed over, but not without end:
   * where the connection may be cut off for it, the answer says so, and a client does not send its
   * next request there.
   *
   * @param bytesMax after which the connection is cut off
   */
  public static void announce(HttpServerRequest request, long bytesMax) {
    if (!request.isEnded() && mayExceed(request, bytesMax)) {
      request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
  }

  private static boolean mayExceed(HttpServerRequest request, long bytesMax) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    if (length == null) {
      return request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
    }
    try {
      return Long.parseLong(length) > bytesMax;
    } catch (NumberFormatException malformed) {
      return true;
    }
  }
}
