package io.holdfast.server.app.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import org.jboss.logmanager.LogContext;
import org.jboss.logmanager.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LogLevelPageTest {
  private final Vertx vertx = Vertx.vertx();
  private final HttpClient client = HttpClient.newHttpClient();
  private final Level before = root().getLevel();
  private URI page;

  @BeforeEach
  void start() throws Exception {
    Router router = Router.router(vertx);
    new LogLevelPage().addTo(router);
    int port =
        vertx
            .createHttpServer()
            .requestHandler(router)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(60, TimeUnit.SECONDS)
            .actualPort();
    page = URI.create("http://127.0.0.1:" + port + "/config/local/log");
  }

  @AfterEach
  void stop() throws Exception {
    root().setLevel(before);
    vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  @Test
  void theLevelChangesWhileTheProcessRuns() throws Exception {
    Logger some = LogContext.getLogContext().getLogger("io.holdfast.server.some");
    assertEquals(204, put("{\"Level\":\"WARN\"}").statusCode());
    assertFalse(some.isLoggable(Level.INFO));
    assertEquals("{\"Level\":\"WARN\"}", get().body());
    assertEquals(204, put("{\"Level\":\"debug\"}").statusCode());
    assertTrue(some.isLoggable(Level.FINE));
    assertEquals("{\"Level\":\"DEBUG\"}", get().body());
  }

  @Test
  void whatIsNoLevelChangesNothing() throws Exception {
    put("{\"Level\":\"INFO\"}");
    for (String body :
        new String[] {"", "{", "[]", "{\"Level\":{}}", "{\"Level\":\"LOUD\"}", "{}"}) {
      assertEquals(400, put(body).statusCode(), body);
    }
    assertEquals("Invalid log level \"LOUD\"\n", put("{\"Level\":\"LOUD\"}").body());
    HttpResponse<String> post =
        client.send(
            HttpRequest.newBuilder(page).POST(BodyPublishers.ofString("{}")).build(),
            BodyHandlers.ofString());
    assertEquals(405, post.statusCode());
    assertEquals("GET, PUT", post.headers().firstValue("Allow").orElse(""));
    assertEquals("{\"Level\":\"INFO\"}", get().body());
  }

  private HttpResponse<String> put(String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(page).PUT(BodyPublishers.ofString(body)).build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<String> get() throws Exception {
    return client.send(HttpRequest.newBuilder(page).build(), BodyHandlers.ofString());
  }

  private static Logger root() {
    return LogContext.getLogContext().getLogger("");
  }
}
