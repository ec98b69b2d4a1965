package io.holdfast.server.app.log;

import io.holdfast.server.auth.Caller;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.service.AuthService;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Locale;
import java.util.Set;

/**
 * {@code /config/local/log}: shows and changes the level of this process's log without a restart,
 * as etcd 3.4 offered it. {@code PUT {"Level":"DEBUG"}} answers 204; GET tells the level.
 *
 * <p>A page of another origin cannot use it: a browser asks before it sends a PUT elsewhere, and
 * nothing here answers that question. Once authentication is on, changing the level needs root's
 * token, as {@code Authorization: Bearer}.
 */
@Singleton
public class LogLevelPage {
  private static final String PATH = "/config/local/log";
  private static final Set<String> LEVELS =
      Set.of("debug", "info", "warn", "error", "panic", "fatal");
  private static final int BODY_BYTES_MAX = 1024;
  private static final System.Logger LOG = System.getLogger(LogLevelPage.class.getName());

  private volatile AuthService auth;

  /** The member serves from now on. */
  public void open(AuthService users) {
    auth = users;
  }

  void addTo(@Observes Router router) {
    router.route(PATH).handler(call -> handle(call.request()));
  }

  private void handle(HttpServerRequest request) {
    switch (request.method().name()) {
      case "GET" ->
          request
              .response()
              .putHeader("Content-Type", "application/json")
              .end(new JsonObject().put("Level", Logs.level().toUpperCase(Locale.ROOT)).encode());
      case "PUT" -> put(request);
      default -> {
        request.response().putHeader("Allow", "GET, PUT");
        answer(request.response(), 405, "Method Not Allowed");
      }
    }
  }

  private void put(HttpServerRequest request) {
    if (auth == null) {
      answer(request.response(), 503, "the member is starting");
      return;
    }
    try {
      checkRoot(request.getHeader("Authorization"));
    } catch (StoreException refusal) {
      boolean known = refusal.error() == EtcdError.PERMISSION_DENIED;
      answer(request.response(), known ? 403 : 401, refusal.getMessage());
      return;
    }
    Buffer body = Buffer.buffer();
    request.handler(
        part -> {
          if (body.length() + part.length() > BODY_BYTES_MAX) {
            request.connection().close();
          } else {
            body.appendBuffer(part);
          }
        });
    request.endHandler(ended -> change(request.response(), body));
    request.resume();
  }

  private void checkRoot(String authorization) {
    if (auth.isEnabled()) {
      auth.checkRoot(
          authorization == null
              ? Caller.ANONYMOUS
              : auth.recognize(authorization.replaceFirst("^Bearer ", "")));
    }
  }

  private static void change(HttpServerResponse response, Buffer body) {
    String word;
    try {
      word = new JsonObject(body).getString("Level", "");
    } catch (DecodeException | ClassCastException malformed) {
      answer(response, 400, "Invalid json body");
      return;
    }
    String level = word.toLowerCase(Locale.ROOT);
    if (!LEVELS.contains(level)) {
      answer(response, 400, "Invalid log level \"" + word + "\"");
      return;
    }
    Logs.changeLevel(level);
    LOG.log(System.Logger.Level.INFO, "the log level is " + level + " from now on");
    response.setStatusCode(204).end();
  }

  private static void answer(HttpServerResponse response, int status, String text) {
    response
        .setStatusCode(status)
        .putHeader("Content-Type", "text/plain; charset=utf-8")
        .putHeader("X-Content-Type-Options", "nosniff")
        .end(text + "\n");
  }
}
