package io.holdfast.server.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class AccessControlTest {
  private static final String NO_ORIGIN = "";
  private static Vertx vertx;
  private static int open;
  private static int guarded;

  @BeforeAll
  static void start() throws Exception {
    vertx = Vertx.vertx();
    open = listen(AccessControl.OPEN);
    guarded =
        listen(
            new AccessControl(
                Set.of("https://console.example:443", "http://good.example:8080"),
                Set.of("ok.example", "127.0.0.1")));
  }

  private static int listen(AccessControl access) throws Exception {
    Router router = Router.router(vertx);
    router.route("/page").handler(call -> call.response().end("page"));
    // Added last, and comes first all the same.
    access.addTo(router);
    HttpServer server =
        vertx
            .createHttpServer()
            .requestHandler(router)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
    return server.actualPort();
  }

  @AfterAll
  static void stop() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @Test
  void byDefaultEveryPageMayCall() throws IOException {
    for (String origin : new String[] {NO_ORIGIN, "https://anywhere.example"}) {
      String answer = ask(open, "POST", "evil.example", origin);
      assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
      assertTrue(answer.contains("\r\nAccess-Control-Allow-Origin: *\r\n"), answer);
      assertTrue(
          answer.contains(
              "\r\nAccess-Control-Allow-Headers: accept, content-type, authorization\r\n"),
          answer);
      assertTrue(
          answer.contains("\r\nAccess-Control-Allow-Methods: POST, GET, OPTIONS, PUT, DELETE\r\n"),
          answer);
    }
  }

  @Test
  void browsersThatAskFirstAreAnsweredAtOnce() throws IOException {
    String answer = ask(open, "OPTIONS", "a", "https://anywhere.example");
    assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
    assertFalse(answer.endsWith("page"), answer);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://console.example",
        "https://console.example:443",
        "http://good.example:8080"
      })
  void pagesThatAreNamedMayCall(String origin) throws IOException {
    for (String method : new String[] {"GET", "OPTIONS"}) {
      String answer = ask(guarded, method, "ok.example", origin);
      assertTrue(answer.contains("Access-Control-Allow-Origin: " + origin + "\r\n"), answer);
      assertTrue(answer.contains("\r\nVary: Origin\r\n"), answer);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        NO_ORIGIN,
        "http://console.example",
        "https://console.example:444",
        "http://good.example",
        "null",
        "https://console.example.evil.example",
        "::"
      })
  void othersAreNotGivenTheRight(String origin) throws IOException {
    String answer = ask(guarded, "GET", "ok.example", origin);
    assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
    assertFalse(answer.contains("Access-Control-Allow"), answer);
  }

  @ParameterizedTest
  @CsvSource({
    "ok.example, 200",
    "ok.example:99, 200",
    "127.0.0.1:2379, 200",
    "OK.example, 421",
    "localhost, 421",
    "evil.example, 421",
    "ok.example.evil.example, 421"
  })
  void onlyKnownHostsAreServed(String host, int status) throws IOException {
    String answer = ask(guarded, "GET", host, NO_ORIGIN);
    assertEquals(status, Integer.parseInt(answer.substring(9, 12)), answer);
    assertEquals(status == 200, answer.endsWith("page"), answer);
    assertEquals(status == 421, answer.contains("--host-whitelist"), answer);
  }

  private static String ask(int port, String method, String host, String origin)
      throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(20_000);
      String request =
          method
              + " /page HTTP/1.1\r\nHost: "
              + host
              + (origin.isEmpty() ? "" : "\r\nOrigin: " + origin)
              + "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
