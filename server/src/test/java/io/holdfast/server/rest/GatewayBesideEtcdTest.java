package io.holdfast.server.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.server.grpc.LiveMember;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same JSON requests to a real etcd and to a member, one after the other, must get the same
 * answers. Skipped, with a message, where no etcd is installed.
 */
@Timeout(180)
class GatewayBesideEtcdTest {
  /** What must differ between two stores, or does by the passing of time. */
  private static final Set<String> OWN =
      Set.of("cluster_id", "member_id", "raft_term", "TTL", "peerURLs", "clientURLs");

  /** How the texts of the protocol begin; others are the JSON parser's. */
  private static final List<String> TEXTS =
      List.of("etcdserver: ", "election: ", "mutex: ", "\"leader\"");

  @TempDir static Path directory;
  private static LiveMember member;
  private static Process etcd;
  private static HttpProbe ours;
  private static HttpProbe theirs;

  @BeforeAll
  static void start() throws Exception {
    boolean installed =
        Stream.of(System.getenv("PATH").split(File.pathSeparator))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "etcd")));
    if (!installed) {
      System.err.println("SKIPPED: no etcd on the PATH to compare the JSON gateway with");
    }
    assumeTrue(installed, "no etcd on the PATH");
    int clientPort = freePort();
    int peerPort = freePort();
    String peer = "http://127.0.0.1:" + peerPort;
    String client = "http://127.0.0.1:" + clientPort;
    etcd =
        new ProcessBuilder(
                "etcd",
                "--data-dir=" + directory.resolve("etcd"),
                "--listen-client-urls=" + client,
                "--advertise-client-urls=" + client,
                "--listen-peer-urls=" + peer,
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=default=" + peer)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("etcd.log").toFile())
            .start();
    theirs = new HttpProbe(new InetSocketAddress("127.0.0.1", clientPort));
    member = LiveMember.start(directory.resolve("member"));
    ours = new HttpProbe(member.address());
    awaitEtcd();
  }

  @AfterAll
  static void stop() throws Exception {
    if (member != null) {
      member.close();
    }
    if (etcd != null) {
      etcd.destroy();
      if (!etcd.waitFor(20, TimeUnit.SECONDS)) {
        etcd.destroyForcibly().waitFor();
      }
    }
  }

  /** One script, since each answer depends on what was written before. */
  @Test
  void answersAreTheSame() throws Exception {
    both("/v3/kv/put", "{\"key\":\"Zm9v\",\"value\":\"YmFy\"}");
    both("/v3/kv/put", "{\"key\":\"Zm9v\",\"value\":\"YmF6\",\"prev_kv\":true}");
    both("/v3/kv/put", "{\"key\":\"Zm9v\",\"value\":\"/+8=\",\"prevKv\":true}");
    both("/v3/kv/put", "{\"key\":\"Zm9w\",\"value\":\"\"}");
    both("/v3/kv/range", "{\"key\":\"Zm9v\"}");
    both("/v3/kv/range", "{\"key\":\"Zm9v\"}{\"key\":\"Zm9w\"}");
    both("/v3/kv/range", "{\"key\":\"Zm9v\"} trailing");
    both(
        "/v3/kv/range",
        "{\"key\":\"Zg==\",\"rangeEnd\":\"AA==\",\"sort_order\":\"DESCEND\",\"sortTarget\":3,"
            + "\"unknown\":{\"a\":[1,{}]}}");
    both("/v3/kv/range", "{\"key\":\"Zg==\",\"range_end\":\"AA==\",\"limit\":\"1\"}");
    both(
        "/v3/kv/range", "{\"key\":\"Zg==\",\"range_end\":\"AA==\",\"limit\":1,\"keys_only\":true}");
    both("/v3/kv/range", "{\"key\":\"Zg==\",\"range_end\":\"AA==\",\"count_only\":true}");
    both("/v3/kv/range", "{\"key\":\"Zm9v\",\"revision\":\"2\"}");
    both("/v3/kv/range", "{\"key\":\"Zm9v\",\"serializable\":true}");
    both("/v3/kv/deleterange", "{\"key\":\"eA==\"}");
    both(
        "/v3/kv/txn",
        "{\"compare\":[{\"target\":\"VERSION\",\"key\":\"Zm9v\",\"result\":\"GREATER\","
            + "\"version\":\"1\"}],\"success\":[{\"requestPut\":{\"key\":\"YQ==\","
            + "\"value\":\"Yg==\"}},{\"request_range\":{\"key\":\"YQ==\"}},{\"request_txn\":"
            + "{\"success\":[{\"request_range\":{\"key\":\"Zm9v\"}},{\"request_delete_range\":"
            + "{\"key\":\"Zm9w\",\"prev_kv\":true}}]}}]}");
    both("/v3/kv/txn", "{\"compare\":[{\"target\":\"CREATE\",\"key\":\"Zm9v\"}]}");
    both("/v3/kv/txn", "{}");
    both("/v3beta/kv/put", "{\"key\":\"YmV0YQ==\",\"value\":\"MQ==\"}");
    both("/v3beta/kv/range", "{\"key\":\"YmV0YQ==\"}");
    both("/v3beta/kv/lease/leases", "{}");
  }

  @Test
  void errorsAreTheSame() throws Exception {
    both("/v3/kv/range", "");
    both("/v3/kv/range", "{}");
    both("/v3/kv/range", "null");
    both("/v3/kv/range", "{");
    both("/v3/kv/range", "[]");
    both("/v3/kv/range", "{\"key\":\"*\"}");
    both("/v3/kv/range", "{\"key\":\"Zm9v\",\"limit\":\"x\"}");
    both("/v3/kv/range", "{\"key\":\"Zm9v\",\"revision\":100000}");
    both("/v3/kv/put", "{\"key\":\"Zm9v\",\"lease\":\"99\"}");
    both("/v3/kv/put", "{\"key\":\"bmV2ZXI=\",\"ignore_value\":true}");
    both("/v3/kv/txn", "{\"success\":[{}]}");
    both(
        "/v3/kv/txn",
        "{\"success\":[{\"request_put\":{\"key\":\"YQ==\"}},{\"request_put\":{\"key\":\"YQ==\"}}]}");
    both("/v3/kv/compaction", "{\"revision\":\"100000\"}");
    both("/v3/lease/revoke", "{\"ID\":\"4711\"}");
    both("/v3/lease/grant", "{\"TTL\":\"9000000001\"}");
    both("/v3/auth/authenticate", "{\"name\":\"a\",\"password\":\"b\"}");
    assertEquals(
        theirs.get("/v3/kv/range").statusCode(), ours.get("/v3/kv/range").statusCode(), "GET");
    assertEquals(
        theirs.post("/v3/nothing", "{}").statusCode(),
        ours.post("/v3/nothing", "{}").statusCode(),
        "an unknown path");
  }

  @Test
  void leasesAreTheSame() throws Exception {
    both("/v3/lease/grant", "{\"TTL\":\"600\",\"ID\":\"77\"}");
    both("/v3/lease/grant", "{\"TTL\":\"600\",\"ID\":\"77\"}");
    both("/v3/lease/timetolive", "{\"ID\":\"77\",\"keys\":true}");
    both("/v3/kv/lease/timetolive", "{\"ID\":\"78\"}");
    both("/v3/lease/leases", "");
    both("/v3/kv/lease/leases", "{}");
    both("/v3/lease/keepalive", "{\"ID\":\"77\"}");
    both("/v3/lease/keepalive", "{\"ID\":\"77\"}\n{\"ID\":\"78\"}");
    both("/v3/kv/lease/revoke", "{\"ID\":77}");
    both("/v3/lease/leases", "{}");
  }

  @Test
  void watchesAreTheSame() throws Exception {
    both("/v3/kv/put", "{\"key\":\"d2F0Y2g=\",\"value\":\"MQ==\"}");
    both("/v3/kv/put", "{\"key\":\"d2F0Y2g=\",\"value\":\"Mg==\"}");
    both("/v3/kv/deleterange", "{\"key\":\"d2F0Y2g=\"}");
    bothStream(
        "{\"create_request\":{\"key\":\"d2F0Y2g=\",\"start_revision\":\"1\",\"prev_kv\":true}}", 2);
    bothStream(
        "{\"create_request\":{\"key\":\"d2F0Y2g=\",\"start_revision\":1,\"watch_id\":\"7\","
            + "\"filters\":[\"NOPUT\"]}}",
        2);
    bothStream("{\"create_request\":{\"key\":\"Yg==\",\"range_end\":\"YQ==\"}}", 1);
    bothStream(
        "{\"create_request\":{\"key\":\"Yg==\",\"watch_id\":7}}"
            + "{\"create_request\":{\"key\":\"Yg==\",\"watch_id\":7}}",
        2);
  }

  @Test
  void locksAreTheSame() throws Exception {
    both("/v3/lease/grant", "{\"TTL\":\"600\",\"ID\":\"501\"}");
    both("/v3/lease/grant", "{\"TTL\":\"600\",\"ID\":\"502\"}");
    both("/v3/lock/lock", "{\"name\":\"bA==\",\"lease\":\"501\"}");
    both("/v3/lock/lock", "{\"name\":\"bA==\",\"lease\":501}");
    both("/v3/kv/range", "{\"key\":\"bC8=\",\"range_end\":\"bDA=\"}");
    CompletableFuture<HttpResponse<String>> theirSecond = secondLock(theirs);
    CompletableFuture<HttpResponse<String>> ourSecond = secondLock(ours);
    awaitInLine(theirs);
    awaitInLine(ours);
    assertFalse(theirSecond.isDone());
    assertFalse(ourSecond.isDone());
    both("/v3/lock/unlock", "{\"key\":\"bC8xZjU=\"}");
    same(theirSecond.get(60, TimeUnit.SECONDS), ourSecond.get(60, TimeUnit.SECONDS), "the second");
    both("/v3/lock/unlock", "{\"key\":\"bC8xZjU=\"}");
    both("/v3/kv/lease/revoke", "{\"ID\":502}");
    both("/v3/kv/range", "{\"key\":\"bC8=\",\"range_end\":\"bDA=\"}");
    both("/v3/lock/lock", "{\"name\":\"bA==\",\"lease\":\"502\"}");
    both("/v3/lock/unlock", "{}");
    both("/v3/lock/lock", "{\"lease\":\"501\"}");
    both("/v3/kv/lease/revoke", "{\"ID\":501}");
  }

  private static CompletableFuture<HttpResponse<String>> secondLock(HttpProbe probe) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return probe.post("/v3/lock/lock", "{\"name\":\"bA==\",\"lease\":\"502\"}");
          } catch (IOException | InterruptedException e) {
            throw new CompletionException(e);
          }
        });
  }

  private static void awaitInLine(HttpProbe probe) throws Exception {
    String line = "{\"key\":\"bC8=\",\"range_end\":\"bDA=\"}";
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!probe.post("/v3/kv/range", line).body().contains("\"count\":\"2\"")) {
      assertTrue(System.nanoTime() < end, "two in line");
    }
  }

  @Test
  void electionsAreTheSame() throws Exception {
    String leader =
        "\"leader\":{\"name\":\"ZQ==\",\"key\":\"ZS8yNTk=\",\"lease\":\"601\",\"rev\":\"";
    both("/v3/election/leader", "{\"name\":\"ZQ==\"}");
    both("/v3/election/campaign", "{\"name\":\"ZQ==\",\"value\":\"MQ==\",\"lease\":\"601\"}");
    both("/v3/lease/grant", "{\"TTL\":\"600\",\"ID\":\"601\"}");
    String won = "{\"name\":\"ZQ==\",\"value\":\"MQ==\",\"lease\":\"601\"}";
    String rev =
        new JsonObject(both("/v3/election/campaign", won).body())
            .getJsonObject("leader")
            .getString("rev");
    both("/v3/election/campaign", won);
    both("/v3/election/campaign", won.replace("MQ==", "Mg=="));
    both("/v3/election/leader", "{\"name\":\"ZQ==\"}");
    both("/v3/election/proclaim", "{" + leader + rev + "\"},\"value\":\"Mw==\"}");
    both("/v3/election/leader", "{\"name\":\"ZQ==\"}");
    bothStream("/v3/election/observe", "{\"name\":\"ZQ==\"}", 1);
    both("/v3/election/proclaim", "{" + leader + "1\"},\"value\":\"NA==\"}");
    both("/v3/election/proclaim", "{\"value\":\"NA==\"}");
    both("/v3/election/resign", "{" + leader + "1\"}}");
    both("/v3/election/resign", "{" + leader + rev + "\"}}");
    both("/v3/election/resign", "{" + leader + rev + "\"}}");
    both("/v3/election/resign", "{}");
    both("/v3/election/leader", "{\"name\":\"ZQ==\"}");
    both("/v3/kv/lease/revoke", "{\"ID\":601}");
  }

  @Test
  void membersAreTheSame() throws Exception {
    JsonObject etcdMember = memberOf(theirs);
    JsonObject ourMember = memberOf(ours);
    assertEquals(etcdMember.fieldNames(), ourMember.fieldNames());
    assertEquals(etcdMember.getString("name"), ourMember.getString("name"));
  }

  private static JsonObject memberOf(HttpProbe probe) throws Exception {
    return new JsonObject(probe.post("/v3/cluster/member/list", "{}").body())
        .getJsonArray("members")
        .getJsonObject(0);
  }

  private static HttpResponse<String> both(String path, String body) throws Exception {
    HttpResponse<String> actual = ours.post(path, body);
    same(theirs.post(path, body), actual, path + " " + body);
    return actual;
  }

  private static void same(
      HttpResponse<String> expected, HttpResponse<String> actual, String what) {
    // etcd 3.4 still answered a failed precondition with 412; since 3.6 it is 400.
    int status = expected.statusCode() == 412 ? 400 : expected.statusCode();
    assertEquals(status, actual.statusCode(), what + " -> " + actual.body());
    assertEquals("application/json", actual.headers().firstValue("Content-Type").orElse(""));
    List<String> expectedLines = expected.body().lines().map(GatewayBesideEtcdTest::plain).toList();
    List<String> actualLines = actual.body().lines().map(GatewayBesideEtcdTest::plain).toList();
    assertEquals(expectedLines, actualLines, what);
  }

  private static void bothStream(String body, int lines) throws Exception {
    bothStream("/v3/watch", body, lines);
  }

  private static void bothStream(String path, String body, int lines) throws Exception {
    assertEquals(
        theirs.lines(path, body, lines).stream().map(GatewayBesideEtcdTest::plain).toList(),
        ours.lines(path, body, lines).stream().map(GatewayBesideEtcdTest::plain).toList(),
        body);
  }

  /** The answer without what is a store's own; texts of the JSON parser are its own as well. */
  private static String plain(String json) {
    JsonObject object = new JsonObject(json);
    if (object.containsKey("code")) {
      boolean ofTheProtocol =
          TEXTS.stream().anyMatch(text -> object.getString("error").startsWith(text));
      return object.getInteger("code")
          + " "
          + (ofTheProtocol ? object.getString("error") + object.getString("message") : "");
    }
    hideOwn(object);
    return object.encode();
  }

  private static void hideOwn(JsonObject object) {
    for (String name : List.copyOf(object.fieldNames())) {
      Object value = object.getValue(name);
      if (OWN.contains(name) && !"-1".equals(value)) {
        object.put(name, "*");
      } else {
        hideOwnIn(value);
      }
    }
  }

  private static void hideOwnIn(Object value) {
    if (value instanceof JsonObject inner) {
      hideOwn(inner);
    } else if (value instanceof JsonArray array) {
      array.forEach(GatewayBesideEtcdTest::hideOwnIn);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static void awaitEtcd() throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (true) {
      try {
        if (theirs.get("/health").body().contains("true")) {
          return;
        }
      } catch (IOException notYet) {
        if (System.nanoTime() > deadline || !etcd.isAlive()) {
          throw new IOException(
              "etcd did not start: " + Files.readString(directory.resolve("etcd.log")), notYet);
        }
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }
}
