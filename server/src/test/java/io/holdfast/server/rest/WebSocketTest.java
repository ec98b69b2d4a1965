package io.holdfast.server.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.grpc.LiveMember;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The JSON gateway's calls over WebSockets, on a real member; and what describes them. */
@Timeout(120)
class WebSocketTest {
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

  /** What the server has said, in order; the close frame's code comes last. */
  private static final class Heard implements WebSocket.Listener {
    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final StringBuilder part = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      part.append(data);
      if (last) {
        messages.add(part.toString());
        part.setLength(0);
      }
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      messages.add("closed " + code);
      return null;
    }

    String next() throws InterruptedException {
      String message = messages.poll(60, TimeUnit.SECONDS);
      assertTrue(message != null, "nothing was said");
      return message;
    }
  }

  private static WebSocket open(String path, Heard heard, String... headers) {
    WebSocket.Builder builder = HttpClient.newHttpClient().newWebSocketBuilder();
    for (int i = 0; i < headers.length; i += 2) {
      if (headers[i].equals("protocols")) {
        builder.subprotocols("Bearer", headers[i + 1]);
      } else {
        builder.header(headers[i], headers[i + 1]);
      }
    }
    String authority = member.address().getHostString() + ":" + member.address().getPort();
    return builder.buildAsync(URI.create("ws://" + authority + path), heard).join();
  }

  @Test
  void aWatchTalksBothWays() throws Exception {
    long before = member.watchers();
    Heard heard = new Heard();
    WebSocket socket = open("/v3/watch", heard);
    // In two fragments, which is up to the client.
    socket.sendText("{\"create_request\":{\"key\"", false).join();
    socket.sendText(":\"d3M=\"}}", true).join();
    assertTrue(heard.next().endsWith("\"created\":true}}"));
    assertEquals(before + 1, member.watchers());
    http.post("/v3/kv/put", "{\"key\":\"d3M=\",\"value\":\"MQ==\"}");
    JsonObject event = new JsonObject(heard.next()).getJsonObject("result");
    assertEquals(
        "MQ==",
        event.getJsonArray("events").getJsonObject(0).getJsonObject("kv").getString("value"));
    socket.sendText("{\"create_request\":{\"key\":\"d3My\"}}", true).join();
    assertTrue(heard.next().contains("\"watch_id\":\"1\""));
    socket.sendClose(1000, "").join();
    assertEquals("closed 1000", heard.next());
    awaitWatchers(before);
  }

  @Test
  void aClientThatVanishesLeavesNoWatcher() throws Exception {
    long before = member.watchers();
    Heard heard = new Heard();
    WebSocket socket = open("/v3/watch", heard);
    socket.sendText("{\"create_request\":{\"key\":\"d3M=\"}}", true).join();
    heard.next();
    socket.abort();
    awaitWatchers(before);
  }

  @Test
  void aSingleCallAnswersAndCloses() throws Exception {
    String value = Base64.getEncoder().encodeToString(new byte[1_000_000]);
    Heard put = new Heard();
    open("/v3/kv/put", put).sendText("{\"key\":\"d3Nr\",\"value\":\"" + value + "\"}", true).join();
    assertTrue(new JsonObject(put.next()).containsKey("header"));
    assertEquals("closed 1000", put.next());
    Heard range = new Heard();
    open("/v3beta/kv/range", range).sendText("{\"key\":\"d3Nr\"}", true).join();
    assertEquals(
        value,
        new JsonObject(range.next()).getJsonArray("kvs").getJsonObject(0).getString("value"));
  }

  @Test
  void errorsAreMessagesBeforeTheEnd() throws Exception {
    Heard refused = new Heard();
    open("/v3/kv/range", refused).sendText("{}", true).join();
    JsonObject error = new JsonObject(refused.next());
    assertEquals("etcdserver: key is not provided", error.getString("error"));
    assertEquals(3, error.getInteger("code"));
    assertEquals("closed 1000", refused.next());
    Heard malformed = new Heard();
    open("/v3/watch", malformed).sendText("{key:1}", true).join();
    assertEquals(3, new JsonObject(malformed.next()).getInteger("code"));
    assertEquals("closed 1000", malformed.next());
  }

  @Test
  void aTokenMayComeAsAProtocol() throws Exception {
    Heard heard = new Heard();
    WebSocket socket = open("/v3/kv/range", heard, "protocols", "some-token.1");
    assertEquals("Bearer", socket.getSubprotocol());
    socket.sendText("{\"key\":\"YQ==\"}", true).join();
    assertTrue(heard.next().startsWith("{\"header\""), "without authentication it does not matter");
  }

  @Test
  void pagesOfOthersCannotConnect() {
    CompletionException refusal =
        assertThrows(
            CompletionException.class,
            () -> open("/v3/watch", new Heard(), "Origin", "http://evil.example"));
    WebSocketHandshakeException handshake = (WebSocketHandshakeException) refusal.getCause();
    assertEquals(403, handshake.getResponse().statusCode());
  }

  @Test
  void everyPathIsDescribed() throws Exception {
    JsonObject description = new JsonObject(http.get("/v3/openapi.json").body());
    assertEquals("3.1.0", description.getString("openapi"));
    assertEquals(GatewayRoutes.current().keySet(), description.getJsonObject("paths").fieldNames());
    JsonObject schemas = description.getJsonObject("components").getJsonObject("schemas");
    String text = description.encode();
    for (String part : text.split("\"#/components/schemas/")) {
      String name = part.substring(0, part.indexOf('"'));
      assertTrue(part.startsWith("{") || schemas.containsKey(name), name);
    }
    JsonObject range =
        schemas.getJsonObject("etcdserverpb.RangeRequest").getJsonObject("properties");
    assertEquals("string", range.getJsonObject("limit").getString("type"));
    assertEquals("int64", range.getJsonObject("limit").getString("format"));
    assertEquals("base64", range.getJsonObject("key").getString("contentEncoding"));
    assertNull(range.getJsonObject("rangeEnd"), "fields have their names of the messages");
    assertTrue(
        schemas
            .getJsonObject("etcdserverpb.RangeRequest.SortOrder")
            .getJsonArray("enum")
            .contains("ASCEND"));
    String page = http.get("/swagger").body();
    assertTrue(page.contains("/v3/openapi.json") && page.contains("/api/v1/openapi.json"));
    assertEquals(405, http.post("/swagger", "").statusCode());
  }

  private static void awaitWatchers(long count) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (member.watchers() != count) {
      assertTrue(System.nanoTime() < end, member.watchers() + " watchers are left");
      Thread.onSpinWait();
    }
  }
}
