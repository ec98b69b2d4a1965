package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Authority;
import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import io.holdfast.harness.Programs;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Signed tokens of the packaged server beside those of a real etcd with the same keys. */
@Timeout(300)
class SignedTokensIT {
  private static final Pattern ERROR = Pattern.compile("\"error\":\"((?:[^\"\\\\]|\\\\.)*)\"");
  private static final Pattern TOKEN = Pattern.compile("\"token\":\"([^\"]+)\"");
  private static final String PASSWORD = "a password";
  private static final String HEADER = "{\"alg\":\"RS256\",\"typ\":\"JWT\"}";

  private final HttpClient http = HttpClient.newHttpClient();

  @TempDir Path directory;
  private Authority.Identity keys;

  @BeforeEach
  void makeKeys() {
    assumeTrue(Programs.available("etcd") && Programs.available("openssl"));
    keys = new Authority(directory.resolve("keys")).issue("tokens", "DNS:localhost");
  }

  @Test
  void tokensAreThoseOfEtcd() throws Exception {
    try (Cluster etcd = start(Flavor.ETCD, 1, signing());
        Cluster holdfast = start(Flavor.HOLDFAST, 1, signing())) {
      List<String> expected = play(etcd.member(0));
      assertEquals(expected, play(holdfast.member(0)));
      assertTrue(
          expected.containsAll(
              List.of(
                  "alice puts what is hers: 200",
                  "alice puts another's: 403 etcdserver: permission denied",
                  "without a signature: 401 etcdserver: invalid auth token",
                  "after a change: 400 etcdserver: revision of auth store is old")),
          expected::toString);
      // Both stores have seen the same changes of users: what one signs, the other takes.
      String fromEtcd = signIn(etcd.member(0), "root");
      String fromHoldfast = signIn(holdfast.member(0), "root");
      assertEquals("200", put(holdfast.member(0), fromEtcd, "exchanged"));
      assertEquals("200", put(etcd.member(0), fromHoldfast, "exchanged"));
    }
  }

  private List<String> play(MemberProcess member) throws Exception {
    makeUsers(member);
    List<String> seen = new ArrayList<>();
    String alice = signIn(member, "alice");
    String root = signIn(member, "root");
    seen.add("alice puts what is hers: " + put(member, alice, "mine"));
    seen.add("alice puts another's: " + put(member, alice, "other"));
    seen.add("alice lists users: " + call(member, alice, "/v3/auth/user/list", "{}"));
    seen.add("nobody puts: " + put(member, "", "mine"));
    String body = alice.split("\\.")[1];
    seen.add(
        "without a signature: "
            + put(member, part("{\"alg\":\"none\"}") + "." + body + ".", "mine"));
    seen.add("signed by the public key: " + put(member, signedByPublicKey(body), "mine"));
    seen.add("cut: " + put(member, alice.substring(0, alice.length() - 4), "mine"));
    seen.add(
        "over: "
            + put(member, signed("{\"username\":\"alice\",\"revision\":1,\"exp\":1}"), "mine"));
    seen.add("nonsense: " + put(member, "nonsense.12", "mine"));
    seen.add("root adds a role: " + call(member, root, "/v3/auth/role/add", "{\"name\":\"new\"}"));
    seen.add("after a change: " + put(member, alice, "mine"));
    seen.add("root after a change: " + put(member, root, "mine"));
    seen.add("root lists users: " + call(member, root, "/v3/auth/user/list", "{}"));
    alice = signIn(member, "alice");
    seen.add("signed in again: " + put(member, alice, "mine"));
    seen.add(
        "another password: "
            + call(member, root, "/v3/auth/user/changepw", user("alice", "another")));
    seen.add("with the password before: " + put(member, alice, "mine"));
    seen.add("the password before: " + authenticate(member, "alice", PASSWORD));
    seen.add("delete: " + call(member, root, "/v3/auth/user/delete", "{\"name\":\"alice\"}"));
    seen.add("deleted: " + put(member, alice, "mine"));
    return seen;
  }

  /** Tokens are made by somebody else who has the key; members have the public one. */
  @Test
  void membersThatOnlyVerifyTakeTokensOfOthers() throws Exception {
    String flag = "--auth-token=jwt,sign-method=RS256,pub-key=" + publicKey();
    try (Cluster etcd = start(Flavor.ETCD, 1, flag);
        Cluster holdfast = start(Flavor.HOLDFAST, 1, flag)) {
      List<String> expected = verifyOnly(etcd.member(0));
      assertEquals(expected, verifyOnly(holdfast.member(0)));
      assertTrue(expected.contains("alice puts what is hers: 200"), expected::toString);
    }
  }

  private List<String> verifyOnly(MemberProcess member) throws Exception {
    long authRevision = makeUsers(member);
    String token =
        signed("{\"username\":\"alice\",\"exp\":4000000000,\"revision\":" + authRevision + "}");
    return List.of(
        "sign in: " + authenticate(member, "alice", PASSWORD),
        "alice puts what is hers: " + put(member, token, "mine"),
        "alice puts another's: " + put(member, token, "other"),
        "of an old revision: "
            + put(
                member,
                signed("{\"username\":\"alice\",\"exp\":4000000000,\"revision\":1}"),
                "mine"));
  }

  /** A token names what its maker had applied; a member that is behind catches up first. */
  @Test
  void everyMemberTakesATokenAtOnce() throws Exception {
    try (Cluster cluster = start(Flavor.HOLDFAST, 3, signing())) {
      makeUsers(cluster.member(0));
      for (int round = 0; round < 20; round++) {
        MemberProcess changed = cluster.member(round % 3);
        String root = signIn(changed, "root");
        assertEquals(
            "200", call(changed, root, "/v3/auth/role/add", "{\"name\":\"new" + round + "\"}"));
        String token = signIn(changed, "alice");
        for (MemberProcess member : cluster.members()) {
          assertEquals("200", put(member, token, "mine"), "round " + round);
        }
      }
      MemberProcess restarted = cluster.member(1);
      String token = signIn(restarted, "alice");
      restarted.kill();
      restarted.start().awaitReady(Duration.ofSeconds(60));
      assertEquals("200", put(restarted, token, "mine"), "no token is lost");
      for (MemberProcess member : cluster.members()) {
        assertTrue(!member.log().contains(token), "a token is in the log");
      }
    }
  }

  /**
   * @return the auth revision afterwards
   */
  private long makeUsers(MemberProcess member) throws Exception {
    List<String[]> calls =
        List.of(
            new String[] {"user/add", user("root", PASSWORD)},
            new String[] {"role/add", "{\"name\":\"root\"}"},
            new String[] {"user/grant", "{\"user\":\"root\",\"role\":\"root\"}"},
            new String[] {"user/add", user("alice", PASSWORD)},
            new String[] {"role/add", "{\"name\":\"own\"}"},
            new String[] {
              "role/grant",
              "{\"name\":\"own\",\"perm\":{\"permType\":\"READWRITE\",\"key\":\""
                  + Base64.getEncoder().encodeToString("mine".getBytes(StandardCharsets.UTF_8))
                  + "\"}}"
            },
            new String[] {"user/grant", "{\"user\":\"alice\",\"role\":\"own\"}"});
    for (String[] call : calls) {
      assertEquals("200", call(member, "", "/v3/auth/" + call[0], call[1]), call[0]);
    }
    assertEquals("200", call(member, "", "/v3/auth/enable", "{}"));
    return 1L + calls.size();
  }

  private Cluster start(Flavor flavor, int size, String flag) {
    return new Cluster.Plan(flavor, size, directory.resolve(flavor.name())).flags(flag).start();
  }

  private String signing() throws Exception {
    return "--auth-token=jwt,sign-method=RS256,ttl=10m,pub-key="
        + publicKey()
        + ",priv-key="
        + keys.key();
  }

  private Path publicKey() throws Exception {
    Path file = directory.resolve("public.pem");
    Programs.Outcome shown =
        Programs.run(
            List.of("openssl", "pkey", "-in", keys.key().toString(), "-pubout"),
            Map.of(),
            Duration.ofSeconds(30));
    return Files.writeString(file, shown.out());
  }

  private String put(MemberProcess member, String token, String key) throws Exception {
    String encoded = Base64.getEncoder().encodeToString(key.getBytes(StandardCharsets.UTF_8));
    return call(member, token, "/v3/kv/put", "{\"key\":\"" + encoded + "\",\"value\":\"\"}");
  }

  private String authenticate(MemberProcess member, String name, String password) throws Exception {
    return call(member, "", "/v3/auth/authenticate", user(name, password));
  }

  private String signIn(MemberProcess member, String name) throws Exception {
    Matcher token =
        TOKEN.matcher(post(member, "", "/v3/auth/authenticate", user(name, PASSWORD)).body());
    assertTrue(token.find(), name);
    return token.group(1);
  }

  private static String user(String name, String password) {
    return "{\"name\":\"" + name + "\",\"password\":\"" + password + "\"}";
  }

  /** The status, and the error's text if there is one. */
  private String call(MemberProcess member, String token, String path, String body)
      throws Exception {
    HttpResponse<String> answer = post(member, token, path, body);
    Matcher error = ERROR.matcher(answer.body());
    return answer.statusCode() + (error.find() ? " " + error.group(1) : "");
  }

  private HttpResponse<String> post(MemberProcess member, String token, String path, String body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://" + member.endpoint() + path))
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (!token.isEmpty()) {
      request.header("Authorization", token);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private String signed(String claims) throws Exception {
    String text = part(HEADER) + "." + part(claims);
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initSign(
        KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(pem(keys.key()))));
    signature.update(text.getBytes(StandardCharsets.US_ASCII));
    return text + "." + encoded(signature.sign());
  }

  private String signedByPublicKey(String body) throws Exception {
    String text = part("{\"alg\":\"HS256\",\"typ\":\"JWT\"}") + "." + body;
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(Files.readAllBytes(publicKey()), "HmacSHA256"));
    return text + "." + encoded(mac.doFinal(text.getBytes(StandardCharsets.US_ASCII)));
  }

  private static byte[] pem(Path file) throws IOException {
    String content = Files.readString(file).replaceAll("-----[A-Z ]+-----|\\s", "");
    return Base64.getDecoder().decode(content);
  }

  private static String part(String json) {
    return encoded(json.getBytes(StandardCharsets.UTF_8));
  }

  private static String encoded(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
