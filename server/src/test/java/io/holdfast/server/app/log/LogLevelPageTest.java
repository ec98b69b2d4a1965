package io.holdfast.server.app.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.auth.Caller;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.service.AuthService;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.lang.reflect.Proxy;
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
  private final LogLevelPage page = new LogLevelPage();
  private volatile boolean withUsers;
  private URI address;

  @BeforeEach
  void start() throws Exception {
    Router router = Router.router(vertx);
    page.open(auth());
    page.addTo(router);
    int port =
        vertx
            .createHttpServer()
            .requestHandler(router)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(60, TimeUnit.SECONDS)
            .actualPort();
    address = URI.create("http://127.0.0.1:" + port + "/config/local/log");
  }

  /** Knows the token {@code root.1} as root's and {@code alice.1} as a user's. */
  private AuthService auth() {
    return (AuthService)
        Proxy.newProxyInstance(
            AuthService.class.getClassLoader(),
            new Class<?>[] {AuthService.class},
            (proxy, method, arguments) -> {
              switch (method.getName()) {
                case "isEnabled":
                  return withUsers;
                case "recognize":
                  String name = ((String) arguments[0]).replace(".1", "");
                  if (!name.equals("root") && !name.equals("alice")) {
                    throw EtcdError.INVALID_AUTH_TOKEN.asException();
                  }
                  return new Caller.SignedIn(name, 1);
                default:
                  if (arguments[0].equals(Caller.ANONYMOUS)) {
                    throw EtcdError.USER_NAME_IS_EMPTY.asException();
                  } else if (!arguments[0].equals(new Caller.SignedIn("root", 1))) {
                    throw EtcdError.PERMISSION_DENIED.asException();
                  }
                  return null;
              }
            });
  }

  @Test
  void changingItNeedsRootWhereThereAreUsers() throws Exception {
    put("{\"Level\":\"INFO\"}");
    withUsers = true;
    String debug = "{\"Level\":\"DEBUG\"}";
    assertEquals(401, put(debug).statusCode());
    assertEquals(401, put(debug, "Authorization", "Bearer mallory.1").statusCode());
    assertEquals(403, put(debug, "Authorization", "Bearer alice.1").statusCode());
    assertEquals("{\"Level\":\"INFO\"}", get().body());
    assertEquals(204, put(debug, "Authorization", "Bearer root.1").statusCode());
    assertEquals("{\"Level\":\"DEBUG\"}", get().body());
  }

  @Test
  void nothingChangesBeforeTheMemberServes() throws Exception {
    page.open(null);
    assertEquals(503, put("{\"Level\":\"DEBUG\"}").statusCode());
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
            HttpRequest.newBuilder(address).POST(BodyPublishers.ofString("{}")).build(),
            BodyHandlers.ofString());
    assertEquals(405, post.statusCode());
    assertEquals("GET, PUT", post.headers().firstValue("Allow").orElse(""));
    assertEquals("{\"Level\":\"INFO\"}", get().body());
  }

  private HttpResponse<String> put(String body, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address).PUT(BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> get() throws Exception {
    return client.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString());
  }

  private static Logger root() {
    return LogContext.getLogContext().getLogger("");
  }
}
