package io.holdfast.server.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.grpc.LiveMember;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Users and tokens by JSON, on a real member that asks for them. */
@Timeout(120)
class AuthJsonTest {
  private static final String PUT_A = "{\"key\":\"YQ==\",\"value\":\"MQ==\"}";

  @TempDir static Path directory;
  private static LiveMember member;
  private static HttpProbe http;
  private static String token;

  @BeforeAll
  static void start() throws Exception {
    member = LiveMember.start(directory);
    http = new HttpProbe(member.address());
    ok("/v3/auth/user/add", "{\"name\":\"root\",\"password\":\"secret\"}");
    ok("/v3/auth/user/grant", "{\"user\":\"root\",\"role\":\"root\"}");
    ok("/v3/auth/enable", "{}");
    token =
        ok("/v3/auth/authenticate", "{\"name\":\"root\",\"password\":\"secret\"}")
            .getString("token");
  }

  @AfterAll
  static void stop() throws Exception {
    member.close();
  }

  private static JsonObject ok(String path, String body, String... headers) throws Exception {
    HttpResponse<String> response = http.post(path, body, headers);
    assertEquals(200, response.statusCode(), response.body());
    return new JsonObject(response.body());
  }

  @Test
  void theGatewayPassesTheTokenOn() throws Exception {
    ok("/v3/kv/put", PUT_A, "Authorization", token);
    ok("/v3/kv/put", PUT_A, "Authorization", "Bearer " + token);
    HttpResponse<String> without = http.post("/v3/kv/put", PUT_A);
    assertEquals(400, without.statusCode());
    assertEquals(
        "etcdserver: user name is empty", new JsonObject(without.body()).getString("error"));
    HttpResponse<String> wrong = http.post("/v3/kv/put", PUT_A, "Authorization", "abc.1");
    assertEquals(401, wrong.statusCode());
    assertEquals("etcdserver: invalid auth token", new JsonObject(wrong.body()).getString("error"));
  }

  @Test
  void locksAndElectionsAreRefusedWithTheTextAlone() throws Exception {
    for (String path : new String[] {"/v3/lock/lock", "/v3/election/leader"}) {
      assertUnknown("etcdserver: user name is empty", http.post(path, "{\"name\":\"YQ==\"}"));
      assertUnknown(
          "etcdserver: invalid auth token",
          http.post(path, "{\"name\":\"YQ==\"}", "Authorization", "abc.1"));
    }
  }

  private static void assertUnknown(String text, HttpResponse<String> response) {
    assertEquals(500, response.statusCode());
    JsonObject body = new JsonObject(response.body());
    assertEquals(text, body.getString("error"));
    assertEquals(2, body.getInteger("code"));
  }

  @Test
  void theApiForPeopleAsksForItToo() throws Exception {
    HttpResponse<String> without = http.get("/api/v1/keys/a");
    assertEquals(400, without.statusCode());
    assertEquals(
        "etcdserver: user name is empty", new JsonObject(without.body()).getString("title"));
    ok("/v3/kv/put", PUT_A, "Authorization", token);
    HttpResponse<String> known = http.get("/api/v1/keys/a", "Authorization", "Bearer " + token);
    assertEquals(200, known.statusCode(), known.body());
    assertEquals("1", known.body());
    for (String path :
        new String[] {"/api/v1/keys", "/api/v1/history/a", "/api/v1/watch?prefix=a"}) {
      assertTrue(http.get(path).statusCode() >= 400, path);
    }
  }

  @Test
  void probesNeedNoToken() throws Exception {
    assertTrue(http.get("/health").body().contains("\"true\""));
    assertEquals(200, http.get("/livez").statusCode());
    assertEquals(200, http.get("/readyz").statusCode());
  }
}
