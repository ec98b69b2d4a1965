package io.holdfast.server.rest.v1;

import static io.holdfast.server.rest.v1.Probe.header;
import static io.holdfast.server.rest.v1.Probe.text;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.holdfast.api.etcdserverpb.CompactionRequest;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.LeaseGrantRequest;
import io.holdfast.api.etcdserverpb.LeaseGrpc;
import io.holdfast.api.etcdserverpb.PutRequest;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.server.grpc.LiveMember;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The API for people, on a real member through its real client port. */
@Timeout(120)
class ApiV1Test {
  @TempDir static Path directory;
  private static LiveMember member;
  private static Probe http;
  private static KVGrpc.KVBlockingStub kv;

  @BeforeAll
  static void start() throws Exception {
    member = LiveMember.start(directory);
    http = new Probe(member);
    kv = KVGrpc.newBlockingStub(member.channel());
  }

  @AfterAll
  static void stop() throws Exception {
    member.close();
  }

  @Test
  void aValueIsPlainAndKeepsItsContentType() throws Exception {
    assertEquals(201, http.put("/api/v1/keys/plain/a", "blau").statusCode());
    HttpResponse<byte[]> found = http.get("/api/v1/keys/plain/a");
    assertEquals("blau", text(found));
    assertEquals("text/plain; charset=utf-8", header(found, "Content-Type"));
    assertEquals("nosniff", header(found, "X-Content-Type-Options"));
    assertEquals("default-src 'none'; sandbox", header(found, "Content-Security-Policy"));
    assertEquals("1", header(found, "Holdfast-Version"));
    assertEquals("\"" + header(found, "Holdfast-Mod-Revision") + "\"", header(found, "ETag"));

    HttpResponse<byte[]> replaced =
        http.put("/api/v1/keys/plain/a", "{}", "Content-Type", "application/json");
    assertEquals(204, replaced.statusCode());
    HttpResponse<byte[]> typed = http.get("/api/v1/keys/plain/a");
    assertEquals("application/json", header(typed, "Content-Type"));
    assertEquals(header(replaced, "ETag"), header(typed, "ETag"));

    byte[] octets = {0, (byte) 0xff, 1};
    assertEquals(201, http.send("PUT", "/api/v1/keys/plain/b", octets).statusCode());
    HttpResponse<byte[]> binary = http.get("/api/v1/keys/plain/b");
    assertArrayEquals(octets, binary.body());
    assertEquals("application/octet-stream", header(binary, "Content-Type"));

    HttpResponse<byte[]> head = http.send("HEAD", "/api/v1/keys/plain/a", "");
    assertEquals(200, head.statusCode());
    assertEquals(0, head.body().length);
    assertEquals("2", header(head, "Content-Length"));
  }

  @Test
  void aTypeHoldsOnlyForTheValueItCameWith() throws Exception {
    http.put("/api/v1/keys/typed", "<p>", "Content-Type", "text/html");
    kv.put(put("typed", "other"));
    assertEquals(
        "text/plain; charset=utf-8", header(http.get("/api/v1/keys/typed"), "Content-Type"));
    http.put("/api/v1/keys/typed", "<p>", "Content-Type", "text/html");
    assertEquals("text/html", header(http.get("/api/v1/keys/typed"), "Content-Type"));
    http.put("/api/v1/keys/typed", "plain", "Content-Type", "text/plain; charset=utf-8");
    assertEquals(1, count("typed"), "a type that goes without saying needs no companion");
    http.put("/api/v1/keys/typed", "<p>", "Content-Type", "text/html");
    assertEquals(2, count("typed"));
    assertEquals(204, http.send("DELETE", "/api/v1/keys/typed", "").statusCode());
    assertEquals(0, count("typed"), "the companion goes with its key");
    assertEquals(404, http.send("DELETE", "/api/v1/keys/typed", "").statusCode());
  }

  @Test
  void writesCompareAndSet() throws Exception {
    String key = "/api/v1/keys/cas";
    assertEquals(412, http.put(key, "0", "If-Match", "*").statusCode());
    HttpResponse<byte[]> created = http.put(key, "1", "If-None-Match", "*");
    assertEquals(201, created.statusCode());
    String tag = header(created, "ETag");
    HttpResponse<byte[]> second = http.put(key, "2", "If-None-Match", "*");
    problem(second, 412, "precondition-failed");
    assertEquals(tag, header(second, "ETag"));
    assertEquals(412, http.put(key, "2", "If-Match", "W/" + tag).statusCode());
    HttpResponse<byte[]> changed = http.put(key, "2", "If-Match", tag);
    assertEquals(204, changed.statusCode());
    assertEquals(412, http.put(key, "3", "If-Match", tag).statusCode());
    assertEquals(412, http.put(key, "3", "If-Match", "\"never-given\"").statusCode());
    assertEquals(412, http.put(key, "3", "If-None-Match", header(changed, "ETag")).statusCode());
    assertEquals("2", text(http.get(key)));
    assertEquals(304, http.get(key, "If-None-Match", header(changed, "ETag")).statusCode());
    assertEquals(304, http.get(key, "If-None-Match", "W/" + header(changed, "ETag")).statusCode());
    assertEquals(200, http.get(key, "If-None-Match", tag).statusCode());
    assertEquals(412, http.get(key, "If-Match", tag).statusCode());
    assertEquals(412, http.send("DELETE", key, "", "If-Match", tag).statusCode());
    assertEquals(
        204, http.send("DELETE", key, "", "If-Match", header(changed, "ETag")).statusCode());
    problem(http.put(key, "3", "If-Match", "5"), 400, "invalid-condition");
    problem(http.put(key, "3", "If-Match", "\"5\", \"6\""), 400, "invalid-condition");
  }

  @Test
  void anOldRevisionIsStillThere() throws Exception {
    String first = header(http.put("/api/v1/keys/old", "1"), "Holdfast-Revision");
    http.put("/api/v1/keys/old", "2");
    assertEquals("1", text(http.get("/api/v1/keys/old?revision=" + first)));
    assertEquals("2", text(http.get("/api/v1/keys/old?serializable=true")));
    problem(http.get("/api/v1/keys/old?revision=999999999"), 400, "future-revision");
  }

  @Test
  void keysHangOnLeases() throws Exception {
    LeaseGrpc.newBlockingStub(member.channel())
        .leaseGrant(LeaseGrantRequest.newBuilder().setID(0x4711).setTTL(600).build());
    assertEquals(201, http.put("/api/v1/keys/leased?lease=4711", "x").statusCode());
    assertEquals("4711", header(http.get("/api/v1/keys/leased"), "Holdfast-Lease"));
    problem(http.put("/api/v1/keys/leased?lease=4712", "x"), 404, "lease-not-found");
    problem(http.put("/api/v1/keys/leased?lease=xyz", "x"), 400, "invalid-parameter");
  }

  @Test
  void keysAreReadExactlyAsWritten() throws Exception {
    for (String path : List.of("x//y", "/x", "a/../b", "%C3%A4%20%2B%3F", "q+r", "tail/")) {
      assertEquals(201, http.put("/api/v1/keys/" + path, path).statusCode(), path);
      assertEquals(path, text(http.get("/api/v1/keys/" + path)), path);
    }
    assertEquals(1, count("x//y"));
    assertEquals(1, count("/x"));
    assertEquals(1, count("ä +?"));
    assertEquals(1, count("q+r"));
    problem(http.get("/api/v1/keys/"), 400, "key-not-provided");
    problem(http.get("/api/v1/keys/a%00b"), 400, "invalid-key");
    problem(http.get("/api/v1/keys/%ff"), 400, "invalid-encoding");
    problem(http.get("/api/v1/keys/%C0%80"), 400, "invalid-encoding");
    assertTrue(raw("GET /api/v1/keys/%zz HTTP/1.1").contains("urn:holdfast:problem:invalid-enc"));
    assertTrue(raw("GET /api/v1/keys/a% HTTP/1.1").contains("urn:holdfast:problem:invalid-enc"));
  }

  @Test
  void listingsGoPageByPageAtOneRevision() throws Exception {
    for (int i = 0; i < 45; i++) {
      http.put("/api/v1/keys/list/%02d".formatted(i), "v" + i, "Content-Type", "text/css");
    }
    JsonObject page = http.json("/api/v1/keys?prefix=list/&limit=20&values=true");
    http.put("/api/v1/keys/list/99", "later");
    List<String> keys = new ArrayList<>();
    while (true) {
      JsonArray entries = page.getJsonArray("keys");
      for (int i = 0; i < entries.size(); i++) {
        JsonObject entry = entries.getJsonObject(i);
        keys.add(entry.getString("key"));
        assertEquals("text/css", entry.getString("contentType"), entry.encode());
        assertEquals("v" + (keys.size() - 1), entry.getString("value"));
      }
      assertTrue(entries.size() <= 20);
      if (!page.containsKey("next")) {
        break;
      }
      page = http.json(page.getString("next"));
    }
    assertEquals(45, keys.size());
    assertEquals(keys.stream().sorted().distinct().toList(), keys);
    JsonObject bare = http.json("/api/v1/keys?prefix=list/&limit=1000");
    assertEquals(46, bare.getJsonArray("keys").size());
    assertFalse(bare.getJsonArray("keys").getJsonObject(0).containsKey("value"));
    assertEquals(0, http.json("/api/v1/keys?prefix=none").getJsonArray("keys").size());
    problem(http.get("/api/v1/keys?limit=1001"), 400, "invalid-parameter");
    problem(http.get("/api/v1/keys?limit=1&limit=1"), 400, "invalid-parameter");
    problem(http.get("/api/v1/keys?prefixx=a"), 400, "unknown-parameter");
    problem(http.get("/api/v1/keys?after=!"), 400, "invalid-parameter");
    problem(http.get("/api/v1/keys?prefix=b&after=YQ"), 400, "invalid-parameter");
    problem(http.get("/api/v1/keys", "Accept", "text/csv"), 406, "not-acceptable");
  }

  @Test
  void aPageHoldsFourMebibytesOfValues() throws Exception {
    String value = "x".repeat(1_400_000);
    for (int i = 0; i < 5; i++) {
      http.put("/api/v1/keys/large/" + i, value);
    }
    JsonObject first = http.json("/api/v1/keys?prefix=large/&values=true");
    assertEquals(3, first.getJsonArray("keys").size());
    assertEquals(2, http.json(first.getString("next")).getJsonArray("keys").size());
  }

  @Test
  void keysThatAreNoTextAreShownInBase64() throws Exception {
    kv.put(
        PutRequest.newBuilder()
            .setKey(ByteString.copyFrom(new byte[] {'b', 'i', 'n', (byte) 0xff}))
            .setValue(ByteString.copyFrom(new byte[] {(byte) 0xfe}))
            .build());
    JsonObject entry =
        http.json("/api/v1/keys?prefix=bin&values=true").getJsonArray("keys").getJsonObject(0);
    assertEquals("Ymlu/w==", entry.getString("keyBase64"));
    assertEquals("/g==", entry.getString("valueBase64"));
    assertEquals("application/octet-stream", entry.getString("contentType"));
  }

  @Test
  void historyShowsEveryVersionAndDeletion() throws Exception {
    http.put("/api/v1/keys/hist", "1", "Content-Type", "text/html");
    http.put("/api/v1/keys/hist", "2");
    http.send("DELETE", "/api/v1/keys/hist", "");
    http.put("/api/v1/keys/hist", "3");
    JsonObject history = http.json("/api/v1/history/hist?limit=3");
    JsonArray versions = history.getJsonArray("versions");
    assertEquals(3, versions.size());
    assertEquals("1", versions.getJsonObject(0).getString("value"));
    assertEquals("text/html", versions.getJsonObject(0).getString("contentType"));
    assertEquals(2, versions.getJsonObject(1).getInteger("version"));
    assertEquals(true, versions.getJsonObject(2).getBoolean("deleted"));
    JsonObject rest = http.json(history.getString("next"));
    assertEquals(1, rest.getJsonArray("versions").size());
    assertEquals("3", rest.getJsonArray("versions").getJsonObject(0).getString("value"));
    assertFalse(rest.containsKey("next"));

    long second = versions.getJsonObject(1).getLong("modRevision");
    kv.compact(CompactionRequest.newBuilder().setRevision(second).setPhysical(true).build());
    JsonObject cut = http.json("/api/v1/history/hist?values=false");
    assertEquals(second, cut.getLong("compactRevision"));
    assertEquals(3, cut.getJsonArray("versions").size(), cut.encode());
    assertFalse(cut.getJsonArray("versions").getJsonObject(0).containsKey("value"));
    problem(http.get("/api/v1/keys/hist?revision=" + (second - 1)), 410, "compacted");
    problem(
        http.get("/api/v1/watch?key=hist", "Last-Event-ID", "" + (second - 2)), 410, "compacted");
    assertEquals(0, http.json("/api/v1/history/nobody").getJsonArray("versions").size());
  }

  @Test
  void aWatchGoesOnBehindTheLastEvent() throws Exception {
    String first = header(http.put("/api/v1/keys/sse/a", "1"), "Holdfast-Revision");
    http.put("/api/v1/keys/sse/b", "<2>\n", "Content-Type", "text/html");
    String gone = header(http.send("DELETE", "/api/v1/keys/sse/a", ""), "Holdfast-Revision");
    List<String> all =
        http.linesUpTo(
            "/api/v1/watch?prefix=sse/&revision=" + first,
            "data: {\"key\":\"sse/a\",\"modRevision\":" + gone + "}");
    assertEquals("retry: 1000", all.get(0));
    assertTrue(all.contains("id: " + first), all.toString());
    assertTrue(all.contains("event: delete"), all.toString());
    List<String> resumed =
        http.linesUpTo("/api/v1/watch?prefix=sse/", "data: ", "Last-Event-ID", first);
    JsonObject event = new JsonObject(resumed.get(resumed.size() - 1).substring("data: ".length()));
    assertEquals("sse/b", event.getString("key"));
    assertEquals("<2>\n", event.getString("value"));
    assertEquals("text/html", event.getString("contentType"));
    assertEquals(
        resumed, http.linesUpTo("/api/v1/watch?prefix=sse/&lastEventId=" + first, "data: "));
    List<String> now = http.linesUpTo("/api/v1/watch?key=sse/a", "data: ");
    assertTrue(now.contains("event: progress"), now.toString());
    problem(http.get("/api/v1/watch"), 400, "invalid-parameter");
    problem(http.get("/api/v1/watch?key=a&prefix=a"), 400, "invalid-parameter");
    problem(http.get("/api/v1/watch?key=a", "Last-Event-ID", "x"), 400, "invalid-event-id");
    problem(http.get("/api/v1/watch?key=a", "Accept", "application/json"), 406, "not-acceptable");
  }

  @Test
  void everyVersionInAStretchOfHistoryKeepsItsType() throws Exception {
    String first =
        header(
            http.put("/api/v1/keys/types", "{}", "Content-Type", "application/json"),
            "Holdfast-Revision");
    http.put("/api/v1/keys/types", "<p>", "Content-Type", "text/html");
    String gone = header(http.send("DELETE", "/api/v1/keys/types", ""), "Holdfast-Revision");
    List<String> lines = http.linesUpTo("/api/v1/watch?key=types&revision=" + first, "id: " + gone);
    assertTrue(lines.stream().anyMatch(line -> line.contains("application/json")), "" + lines);
    assertTrue(lines.stream().anyMatch(line -> line.contains("text/html")), "" + lines);
  }

  /** What a client lost in the middle of a revision comes again with the whole revision. */
  @Test
  void onlyTheLastEventOfARevisionBearsItsId() throws Exception {
    HttpResponse<byte[]> merged = merge("one", "{\"a\":\"1\",\"b\":\"2\",\"c\":[3]}");
    assertEquals(200, merged.statusCode(), text(merged));
    String revision = header(merged, "Holdfast-Revision");
    List<String> lines =
        http.linesUpTo(
            "/api/v1/watch?prefix=one/&revision=" + revision, "data: {\"key\":\"one/c\"");
    assertEquals(1, lines.stream().filter(line -> line.startsWith("id: ")).count());
    assertEquals("id: " + revision, lines.get(lines.size() - 3));
    assertEquals(3, lines.stream().filter("event: put"::equals).count(), lines.toString());
    assertTrue(lines.get(lines.size() - 1).contains("application/json"));
  }

  @Test
  void streamsOfClientsThatHangUpAreClosed() throws Exception {
    for (int i = 0; i < 1100; i++) {
      List<String> lines = http.linesUpTo("/api/v1/watch?key=leak", "retry");
      assertEquals(List.of("retry: 1000"), lines, "stream " + i);
    }
  }

  @Test
  void aMergeChangesATreeAtOneRevision() throws Exception {
    http.put("/api/v1/keys/app/old/x", "1");
    http.put("/api/v1/keys/app/leaf", "1");
    http.put("/api/v1/keys/app/tree/y", "1");
    http.put("/api/v1/keys/app/keep", "1");
    HttpResponse<byte[]> merged =
        merge(
            "app/",
            "{\"old\":null,\"leaf\":{\"deep\":{\"er\":true}},\"tree\":\"now a leaf\","
                + "\"number\":1.50,\"list\":[1, {\"a\":null}],\"empty\":{}}");
    assertEquals(200, merged.statusCode(), text(merged));
    JsonArray keys = http.json("/api/v1/keys?prefix=app/&values=true").getJsonArray("keys");
    List<String> found = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      JsonObject entry = keys.getJsonObject(i);
      found.add(entry.getString("key") + "=" + entry.getString("value"));
      if (!entry.getString("key").equals("app/keep")) {
        assertEquals(
            header(merged, "Holdfast-Revision"), Long.toString(entry.getLong("modRevision")));
      }
    }
    assertEquals(
        List.of(
            "app/keep=1",
            "app/leaf/deep/er=true",
            "app/list=[1, {\"a\":null}]",
            "app/number=1.50",
            "app/tree=now a leaf"),
        found);
    assertEquals("application/json", header(http.get("/api/v1/keys/app/list"), "Content-Type"));
  }

  @Test
  void aMergeThatIsNoneChangesNothing() throws Exception {
    problem(merge("bad", "[1]"), 422, "unusable-patch");
    problem(merge("bad", "{\"a\":1"), 400, "invalid-json");
    problem(merge("bad", "{\"a\":1} x"), 400, "invalid-json");
    problem(merge("bad", "{\"a\":1,\"a\":2}"), 400, "invalid-json");
    problem(merge("bad", "{\"a/b\":1}"), 422, "unusable-patch");
    problem(merge("bad", "{\"\":1}"), 422, "unusable-patch");
    problem(merge("bad", "{\"a\":".repeat(10_000)), 400, "invalid-json");
    problem(
        http.send(
            "PATCH",
            "/api/v1/tree/bad",
            new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}'},
            "Content-Type",
            "application/merge-patch+json"),
        400,
        "invalid-text");
    HttpResponse<byte[]> wrong =
        http.send("PATCH", "/api/v1/tree/bad", "{}", "Content-Type", "application/json");
    problem(wrong, 415, "unsupported-content-type");
    assertEquals("application/merge-patch+json", header(wrong, "Accept-Patch"));
    StringBuilder many = new StringBuilder("{\"k\":1");
    for (int i = 0; i < 200; i++) {
      many.append(",\"k").append(i).append("\":1");
    }
    problem(merge("bad", many + "}"), 413, "too-many-operations");
    assertEquals(0, http.json("/api/v1/keys?prefix=bad").getJsonArray("keys").size());
  }

  @Test
  void whatIsWrongIsSaidInProblemDetails() throws Exception {
    problem(http.get("/api/v1/nothing"), 404, "no-such-address");
    problem(http.get("/api/v1/keys/absent-key"), 404, "key-absent");
    HttpResponse<byte[]> post = http.send("POST", "/api/v1/keys/a", "x");
    problem(post, 405, "method-not-allowed");
    assertEquals("GET, HEAD, PUT, DELETE, OPTIONS", header(post, "Allow"));
    assertEquals(
        "GET, HEAD, PUT, DELETE, OPTIONS",
        header(http.send("OPTIONS", "/api/v1/keys/a", ""), "Allow"));
    problem(http.put("/api/v1/watch", "x"), 405, "method-not-allowed");
    problem(http.get("/api/v1/tree/a"), 405, "method-not-allowed");
    for (String type : List.of("multipart/form-data; boundary=x", "nonsense", "a/b; c")) {
      problem(
          http.put("/api/v1/keys/type", "x", "Content-Type", type),
          415,
          "unsupported-content-type");
    }
    problem(
        http.put("/api/v1/keys/type", "x", "Content-Encoding", "gzip"),
        415,
        "unsupported-content-type");
    problem(
        http.send(
            "PUT",
            "/api/v1/keys/type",
            new byte[] {(byte) 0xff},
            "Content-Type",
            "text/plain; charset=UTF-8"),
        400,
        "invalid-text");
    problem(
        http.put("/api/v1/keys/type", "x", "Origin", "http://evil.example"), 403, "foreign-origin");
    assertEquals(404, http.get("/api/v1/keys/type").statusCode(), "nothing was written");
    http.put("/api/v1/keys/type", "x", "Content-Type", "text/html");
    problem(http.get("/api/v1/keys/type", "Accept", "text/plain"), 406, "not-acceptable");
    problem(http.get("/api/v1/keys/type", "Accept", "*/*, text/html;q=0"), 406, "not-acceptable");
    assertEquals(
        200, http.get("/api/v1/keys/type", "Accept", "text/plain, text/*;q=0.1").statusCode());
  }

  @Test
  void bodiesAreBounded() throws Exception {
    HttpResponse<byte[]> refusal = http.put("/api/v1/keys/big", "x".repeat(1_600_000));
    problem(refusal, 413, "request-is-too-large");
    // It is cut off after some of the rest; the next request must not be sent there.
    assertEquals("close", header(refusal, "Connection"));
    HttpResponse<byte[]> small = http.put("/api/v1/keys/big", "x", "If-Match", "nonsense");
    assertEquals(400, small.statusCode());
    assertTrue(small.headers().firstValue("Connection").isEmpty());
    try (Socket socket = new Socket()) {
      socket.connect(member.address());
      socket.setSoTimeout(60_000);
      socket
          .getOutputStream()
          .write(
              "PUT /api/v1/keys/big HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      byte[] chunk =
          ("10000\r\n" + "x".repeat(0x10000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
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
      throw new AssertionError("the member took " + sent + " bytes of one value");
    }
  }

  private static HttpResponse<byte[]> merge(String prefix, String patch) throws Exception {
    return http.send(
        "PATCH", "/api/v1/tree/" + prefix, patch, "Content-Type", "application/merge-patch+json");
  }

  private static void problem(HttpResponse<byte[]> response, int status, String name) {
    assertEquals(status, response.statusCode(), text(response));
    assertEquals("application/problem+json", header(response, "Content-Type"));
    JsonObject problem = new JsonObject(text(response));
    assertEquals("urn:holdfast:problem:" + name, problem.getString("type"));
    assertEquals(status, problem.getInteger("status"));
    assertFalse(problem.getString("title").isEmpty());
    assertFalse(problem.getString("detail").isEmpty());
  }

  private static String raw(String requestLine) throws Exception {
    try (Socket socket = new Socket()) {
      socket.connect(member.address());
      socket.setSoTimeout(60_000);
      socket
          .getOutputStream()
          .write(
              (requestLine + "\r\nHost: a\r\nConnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static PutRequest put(String key, String value) {
    return PutRequest.newBuilder()
        .setKey(ByteString.copyFromUtf8(key))
        .setValue(ByteString.copyFromUtf8(value))
        .build();
  }

  /** How many keys there are from this one to the end of its companion. */
  private static long count(String key) {
    return kv.range(
            RangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setRangeEnd(ByteString.copyFromUtf8(key + "\u0001"))
                .setCountOnly(true)
                .build())
        .getCount();
  }
}
