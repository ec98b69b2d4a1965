package io.holdfast.server.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starts, questions and ends the packaged program, as an operator would. */
class ServerStartIT {
  private static final String PUT = "{\"key\":\"Z3JlZXRpbmc=\",\"value\":\"aGVsbG8=\"}";
  private static final String RANGE = "{\"key\":\"Z3JlZXRpbmc=\"}";

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @TempDir private Path folder;
  private Path dataDir;
  private int clientPort;
  private int peerPort;
  private int metricsPort;

  @BeforeEach
  void choosePlaces() throws IOException {
    dataDir = folder.resolve("n1.holdfast");
    clientPort = PackagedServer.freePort();
    peerPort = PackagedServer.freePort();
    metricsPort = PackagedServer.freePort();
  }

  @Test
  void aMemberServesKeepsAndEnds() throws Exception {
    String identity;
    try (PackagedServer server = start()) {
      server.awaitReady();
      assertTrue(post("/v3/kv/put", PUT).contains("\"revision\":\"2\""));
      identity = identity();
      assertPages();
      assertClientCommands();
      assertPortInUseIsRefused();
      server.terminate();
      assertEquals(0, server.awaitExit());
      assertEquals(List.of(), server.plainErrorLines());
      assertLogLines(server.errorLines());
    }
    // What the data directory says counts, whatever the flags say.
    List<String> otherFlags = arguments();
    otherFlags.add("--initial-cluster-token=another");
    try (PackagedServer again = PackagedServer.run(folder, otherFlags.toArray(new String[0]))) {
      again.awaitReady();
      assertEquals(identity, identity());
      assertTrue(post("/v3/kv/range", RANGE).contains("\"value\":\"aGVsbG8=\""));
      again.terminate();
      assertEquals(0, again.awaitExit());
    }
  }

  @Test
  void anUnknownFlagEndsWithOneLineAndCodeTwo() throws Exception {
    try (PackagedServer server = PackagedServer.run(folder, "server", "--dta-dir=x")) {
      assertEquals(2, server.awaitExit());
      assertEquals(
          List.of("holdfast: unknown flag --dta-dir; did you mean --data-dir? (see --help)"),
          server.errorLines());
    }
    try (var files = Files.list(folder)) {
      assertEquals(0, files.count());
    }
  }

  private void assertPages() throws Exception {
    assertEquals("{\"health\":\"true\",\"reason\":\"\"}", get(clientPort, "/health").strip());
    assertTrue(get(clientPort, "/version").contains("\"etcdserver\":\"3.6.0\""));
    for (int port : List.of(clientPort, metricsPort)) {
      String metrics = get(port, "/metrics");
      assertTrue(metrics.contains("\netcd_server_has_leader 1.0\n"), "on port " + port);
      assertTrue(metrics.contains("\netcd_disk_wal_fsync_duration_seconds_count "));
      assertEquals("{\"health\":\"true\",\"reason\":\"\"}", get(port, "/health").strip());
      assertEquals("ok\n", get(port, "/livez"));
      assertEquals("ok\n", get(port, "/readyz"));
      for (String probe : List.of("live", "ready", "started")) {
        JsonObject answer =
            JsonParser.parseString(get(port, "/q/health/" + probe)).getAsJsonObject();
        assertEquals("UP", answer.get("status").getAsString(), probe + " on port " + port);
      }
    }
  }

  @Test
  void slowWorkIsToldAndTheLogSetAside() throws Exception {
    int other = PackagedServer.freePort();
    Path log = folder.resolve("n1.log");
    List<String> arguments = arguments();
    arguments.addAll(
        List.of(
            "--listen-metrics-urls=http://127.0.0.1:" + metricsPort + ",http://127.0.0.1:" + other,
            "--log-outputs=stderr," + log,
            "--enable-log-rotation",
            "--experimental-warning-apply-duration=1ns",
            "--warning-unary-request-duration=1ns"));
    try (PackagedServer server = PackagedServer.run(folder, arguments.toArray(new String[0]))) {
      server.awaitReady();
      post("/v3/kv/put", PUT);
      assertEquals(get(metricsPort, "/livez"), get(other, "/livez"));
      server.terminate();
      assertEquals(0, server.awaitExit());
      String said = Files.readString(log);
      // What the process said last may not have been read yet.
      assertTrue(said.startsWith(String.join("\n", server.errorLines())), said);
      assertTrue(said.endsWith("\"msg\":\"stopped\"}\n"), said);
      assertTrue(said.contains("apply request took too long: "), said);
      assertTrue(
          said.contains("request through the JSON gateway, etcdserverpb.KV/Put (OK), took "), said);
      assertTrue(said.contains("is an older name; write --warning-apply-duration"), said);
    }
  }

  private void assertClientCommands() throws Exception {
    assertEquals("OK\n", client(0, "put", "app/a", "gr\u00fc\u00df dich").output());
    assertEquals("OK\n", client(0, "put", "app/b", "2").output());
    assertEquals("app/a\ngr\u00fc\u00df dich\n", client(0, "get", "app/a").output());
    assertEquals("app/a\napp/b\n", client(0, "get", "app/", "--prefix", "--keys-only").output());
    assertEquals(List.of("holdfast: no such key: app/c"), client(1, "get", "app/c").errorLines());
    assertEquals("2\n", client(0, "del", "app/", "--prefix").output());
    PackagedServer.Ended nobody =
        PackagedServer.runToEnd(
            folder, "get", "x", "--timeout=1s", "--endpoints=127.0.0.1:" + peerPort);
    assertEquals(1, nobody.exitCode());
    assertEquals(1, nobody.errorLines().size(), nobody.errorLines().toString());
  }

  private PackagedServer.Ended client(int exitCode, String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--endpoints=127.0.0.1:" + clientPort);
    all.add("--timeout=60s");
    PackagedServer.Ended ended = PackagedServer.runToEnd(folder, all.toArray(new String[0]));
    assertEquals(exitCode, ended.exitCode(), ended.errorLines().toString());
    return ended;
  }

  private void assertPortInUseIsRefused() throws Exception {
    Path other = folder.resolve("other.holdfast");
    List<String> arguments = arguments();
    arguments.add("--data-dir=" + other);
    try (PackagedServer second = PackagedServer.run(folder, arguments.toArray(new String[0]))) {
      assertEquals(1, second.awaitExit());
      assertEquals(1, second.plainErrorLines().size(), second.errorLines().toString());
      String line = second.plainErrorLines().get(0);
      assertTrue(line.startsWith("holdfast: cannot listen on http://127.0.0.1:"), line);
      assertTrue(line.contains("--listen-client-urls"), line);
    }
    assertFalse(Files.exists(other), "a refused start leaves nothing on disk");
  }

  /** The member and the cluster it belongs to, as its answers tell. */
  private String identity() throws Exception {
    JsonObject header =
        JsonParser.parseString(post("/v3/kv/range", RANGE))
            .getAsJsonObject()
            .getAsJsonObject("header");
    return header.get("cluster_id").getAsString() + "/" + header.get("member_id").getAsString();
  }

  private static void assertLogLines(List<String> lines) {
    for (String line : lines) {
      JsonObject entry = JsonParser.parseString(line).getAsJsonObject();
      for (String key : List.of("level", "ts", "caller", "msg")) {
        assertTrue(entry.has(key), key + " in " + line);
      }
    }
  }

  private PackagedServer start() throws IOException {
    return PackagedServer.run(folder, arguments().toArray(new String[0]));
  }

  private List<String> arguments() {
    return new ArrayList<>(
        List.of(
            "server",
            "--name=n1",
            "--data-dir=" + dataDir,
            "--listen-client-urls=http://127.0.0.1:" + clientPort,
            "--advertise-client-urls=http://127.0.0.1:" + clientPort,
            "--listen-peer-urls=http://127.0.0.1:" + peerPort,
            "--listen-metrics-urls=http://127.0.0.1:" + metricsPort));
  }

  private String get(int port, String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build();
    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
    assertEquals(200, response.statusCode(), path + ": " + response.body());
    return response.body();
  }

  private String post(String path, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + clientPort + path))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
    assertEquals(200, response.statusCode(), path + ": " + response.body());
    return response.body();
  }
}
