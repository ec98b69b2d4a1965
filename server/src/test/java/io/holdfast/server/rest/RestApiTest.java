package io.holdfast.server.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.grpc.LiveMember;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The HTTP/1.1 side of the client port, on a real member. */
@Timeout(120)
class RestApiTest {
  @TempDir static Path directory;
  private static LiveMember member;
  private static HttpProbe http;

  @BeforeAll
  static void start() throws Exception {
    member = LiveMember.start(directory);
    http = new HttpProbe(member.address());
  }

  @AfterAll
  static void stop() throws Exception {
    member.close();
  }

  @Test
  void healthIsToldAsEtcdTellsIt() throws Exception {
    for (String path : List.of("/health", "/health?serializable=true", "/health?exclude=NOSPACE")) {
      HttpResponse<String> health = http.get(path);
      assertEquals(200, health.statusCode());
      assertEquals("{\"health\":\"true\",\"reason\":\"\"}", health.body());
    }
    assertEquals("ok\n", http.get("/livez").body());
    assertEquals("ok\n", http.get("/readyz").body());
    assertEquals("[+]serializable_read ok\nok\n", http.get("/livez?verbose").body());
    assertEquals(
        "[+]data_corruption ok\n[+]serializable_read ok\n[+]linearizable_read ok\n"
            + "[+]non_learner ok\nok\n",
        http.get("/readyz?verbose").body());
    assertEquals(
        "[+]serializable_read ok\n[+]non_learner ok\nok\n",
        http.get("/readyz?verbose&exclude=data_corruption&exclude=linearizable_read").body());
    assertEquals("ok\n", http.get("/readyz/linearizable_read").body());
    assertEquals(404, http.get("/readyz/unknown").statusCode());
    HttpResponse<String> wrong = http.post("/health", "");
    assertEquals(405, wrong.statusCode());
    assertEquals("GET", wrong.headers().firstValue("Allow").orElse(""));
  }

  @Test
  void theVersionIsThatOfTheProtocol() throws Exception {
    assertEquals(
        new JsonObject()
            .put("etcdserver", "3.6.0")
            .put("etcdcluster", "3.6.0")
            .put("storage", "3.6.0"),
        new JsonObject(http.get("/version").body()));
  }

  @Test
  void beforeTheMemberRunsItSaysSo() throws Exception {
    Vertx vertx = Vertx.vertx();
    try {
      Router router = Router.router(vertx);
      new RestApi(1024).addTo(router);
      int port =
          vertx
              .createHttpServer()
              .requestHandler(router)
              .listen(0, "127.0.0.1")
              .toCompletionStage()
              .toCompletableFuture()
              .get(60, TimeUnit.SECONDS)
              .actualPort();
      HttpProbe early = new HttpProbe(new InetSocketAddress("127.0.0.1", port));
      assertEquals(503, early.post("/v3/kv/range", "{}").statusCode());
      assertEquals(503, early.get("/health").statusCode());
      assertEquals(503, early.get("/version").statusCode());
      HttpResponse<String> ready = early.get("/readyz/non_learner");
      assertEquals(503, ready.statusCode());
      assertEquals("[-]non_learner failed: the member is starting\n\n", ready.body());
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }
  }

  @Test
  void whatIsNotThereIsAnsweredHonestly() throws Exception {
    assertEquals(405, http.get("/v3/kv/range").statusCode());
    assertEquals(405, http.send("PUT", "/v3/kv/range").statusCode());
    assertEquals(404, http.post("/v3/kv/unknown", "{}").statusCode());
  }

  @Test
  void pagesOfOthersCannotWrite() throws Exception {
    String put = "{\"key\":\"Y3NyZg==\",\"value\":\"YQ==\"}";
    assertEquals(415, http.post("/v3/kv/put", put, "Content-Type", "text/plain").statusCode());
    assertEquals(
        415,
        http.post("/v3/kv/put", put, "Content-Type", "multipart/form-data; boundary=x")
            .statusCode());
    assertEquals(403, http.post("/v3/kv/put", put, "Origin", "http://evil.example").statusCode());
    assertEquals(403, http.post("/v3/kv/put", put, "Origin", "null").statusCode());
    assertEquals(
        "{}",
        withoutHeader(http.post("/v3/kv/range", "{\"key\":\"Y3NyZg==\"}").body()),
        "nothing was written");
    String own = "http://" + member.address().getHostString() + ":" + member.address().getPort();
    for (String type : List.of("application/json", "application/x-www-form-urlencoded")) {
      assertEquals(
          200,
          http.post("/v3/kv/put", put, "Content-Type", type, "Origin", own).statusCode(),
          type);
    }
  }

  @Test
  void metadataIsPassedOn() throws Exception {
    HttpResponse<String> led =
        http.post("/v3/kv/range", "{\"key\":\"YQ==\"}", "Grpc-Metadata-hasleader", "true");
    assertEquals(200, led.statusCode());
  }

  @Test
  void aLargeValueGoesThroughAndATooLargeOneDoesNot() throws Exception {
    String value = Base64.getEncoder().encodeToString(new byte[1_500_000]);
    assertEquals(
        200,
        http.post("/v3/kv/put", "{\"key\":\"YmlnIQ==\",\"value\":\"" + value + "\"}").statusCode());
    String back = http.post("/v3/kv/range", "{\"key\":\"YmlnIQ==\"}").body();
    assertEquals(
        value, new JsonObject(back).getJsonArray("kvs").getJsonObject(0).getString("value"));
    String tooLarge = Base64.getEncoder().encodeToString(new byte[1_600_000]);
    HttpResponse<String> refusal =
        http.post("/v3/kv/put", "{\"key\":\"YmlnIQ==\",\"value\":\"" + tooLarge + "\"}");
    assertEquals(400, refusal.statusCode());
    assertEquals(
        "etcdserver: request is too large", new JsonObject(refusal.body()).getString("error"));
  }

  @Test
  void deepAndBrokenTextsAreTypedErrors() throws Exception {
    for (String body :
        List.of(
            "{\"a\":".repeat(10_000),
            "[".repeat(10_000),
            "{\"key\":\"\\uZZZZ\"}",
            "{\"key\":{}}",
            "{\"limit\":1e400,\"key\":\"YQ==\"}",
            "\u0000",
            "{key:\"YQ==\"}")) {
      HttpResponse<String> answer = http.post("/v3/kv/range", body);
      String start = body.substring(0, Math.min(20, body.length()));
      assertEquals(400, answer.statusCode(), start + " -> " + answer.body());
      assertEquals(3, new JsonObject(answer.body()).getInteger("code"), start);
    }
  }

  @Test
  void anEndlessBodyIsCutOff() throws Exception {
    try (Socket socket = new Socket()) {
      socket.connect(member.address());
      socket.setSoTimeout(60_000);
      socket
          .getOutputStream()
          .write(
              "POST /v3/kv/range HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      byte[] chunk =
          ("10000\r\n" + "{\"a\":\"" + "x".repeat(0x10000 - 6) + "\r\n")
              .getBytes(StandardCharsets.US_ASCII);
      long sent = 0;
      try {
        while (sent < 256L * 1024 * 1024) {
          socket.getOutputStream().write(chunk);
          sent += chunk.length;
        }
      } catch (SocketException cutOff) {
        assertTrue(sent > 0);
        return;
      }
      throw new AssertionError("the member took " + sent + " bytes of one request");
    }
  }

  @Test
  void aWatchStreamsWhileItsRequestIsStillOpen() throws Exception {
    try (Socket socket = new Socket()) {
      socket.connect(member.address());
      socket.setSoTimeout(60_000);
      socket
          .getOutputStream()
          .write(
              ("POST /v3/watch HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                      + chunk("{\"create_request\":{\"key\":\"d2F0Y2g=\"}}"))
                  .getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      readUntil(in, "\"created\":true}}\n");
      http.post("/v3/kv/put", "{\"key\":\"d2F0Y2g=\",\"value\":\"MQ==\"}");
      readUntil(in, "\"value\":\"MQ==\"}}]}}\n");
      socket
          .getOutputStream()
          .write(
              chunk("{\"cancel_request\":{\"watch_id\":0}}").getBytes(StandardCharsets.US_ASCII));
      readUntil(in, "\"canceled\":true}}\n");
    }
  }

  @Test
  void aWaitingClientThatHangsUpLeavesTheLine() throws Exception {
    http.post("/v3/lock/lock", "{\"name\":\"aGFuZw==\"}");
    String body = "{\"name\":\"aGFuZw==\"}";
    try (Socket socket = new Socket()) {
      socket.connect(member.address());
      socket
          .getOutputStream()
          .write(
              ("POST /v3/lock/lock HTTP/1.1\r\nHost: a\r\nContent-Length: "
                      + body.length()
                      + "\r\n\r\n"
                      + body)
                  .getBytes(StandardCharsets.US_ASCII));
      awaitInLine("2");
    }
    awaitInLine("1");
  }

  private static void awaitInLine(String count) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    String line = "{\"key\":\"aGFuZy8=\",\"range_end\":\"aGFuZzA=\",\"count_only\":true}";
    while (!http.post("/v3/kv/range", line).body().contains("\"count\":\"" + count + "\"")) {
      assertTrue(System.nanoTime() < end, "not " + count + " in line");
    }
  }

  @Test
  void anErrorOfAStreamIsALine() throws Exception {
    List<String> lines =
        http.lines("/v3/lease/keepalive", "{\"ID\":\"1\"}{\"ID\":\"x\"}", Integer.MAX_VALUE);
    JsonObject last = new JsonObject(lines.get(lines.size() - 1));
    JsonObject error = last.containsKey("code") ? last : last.getJsonObject("error");
    assertEquals(3, error.getInteger("code"), lines.toString());
  }

  private static String withoutHeader(String json) {
    JsonObject object = new JsonObject(json);
    object.remove("header");
    return object.encode();
  }

  private static String chunk(String text) {
    return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
  }

  private static void readUntil(InputStream in, String end) throws IOException {
    StringBuilder read = new StringBuilder();
    while (read.indexOf(end) < 0) {
      int b = in.read();
      assertTrue(b >= 0, "the connection ended after: " + read);
      read.append((char) b);
    }
  }
}
