package io.holdfast.compatibility;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.grpc.Status;
import io.holdfast.api.etcdserverpb.AuthenticateResponse;
import io.holdfast.api.etcdserverpb.MemberAddResponse;
import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import io.holdfast.harness.Ports;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every error of the protocol that a client can bring about, over gRPC and through the JSON
 * gateway: code and text are what clients match on.
 */
class ErrorTextsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Map<String, String> PLAIN = Map.of();
  private static final Map<String, String> NEEDS_LEADER = Map.of("hasleader", "true");

  /** The gateway's HTTP status for a gRPC code. */
  private static final Map<Status.Code, Integer> HTTP_STATUS =
      Map.of(
          Status.Code.INVALID_ARGUMENT, 400,
          Status.Code.OUT_OF_RANGE, 400,
          Status.Code.FAILED_PRECONDITION, 400,
          Status.Code.NOT_FOUND, 404,
          Status.Code.RESOURCE_EXHAUSTED, 429,
          Status.Code.PERMISSION_DENIED, 403,
          Status.Code.UNAUTHENTICATED, 401,
          Status.Code.DATA_LOSS, 500,
          Status.Code.UNAVAILABLE, 503);

  /** Calls, as steps of a script write them, and the errors they bring; the others prepare. */
  private static final String ON_ONE_MEMBER =
      """
      PUT                                                    -> INVALID_ARGUMENT key is not provided
      RANGE                                                  -> INVALID_ARGUMENT key is not provided
      DELETE_RANGE                                           -> INVALID_ARGUMENT key is not provided
      TXN compare { }                                        -> INVALID_ARGUMENT key is not provided
      PUT key: "none" ignore_value: true                     -> INVALID_ARGUMENT key not found
      PUT key: "none" ignore_lease: true                     -> INVALID_ARGUMENT key not found
      TXN success { }                                        -> INVALID_ARGUMENT key not found
      PUT key: "k" value: "v" ignore_value: true             -> INVALID_ARGUMENT value is provided
      PUT key: "k" lease: 5 ignore_lease: true               -> INVALID_ARGUMENT lease is provided
      TXN success { } success { } success { } success { }    -> INVALID_ARGUMENT too many operations in txn request
      TXN success { request_put { key: "k" } } success { request_put { key: "k" } } -> INVALID_ARGUMENT duplicate key given in txn request
      RANGE key: "k" sort_order: 9                           -> INVALID_ARGUMENT invalid sort option
      RANGE key: "k" sort_target: 9                          -> INVALID_ARGUMENT invalid sort option
      MEMBER_ADD peerURLs: "127.0.0.1:9"                     -> INVALID_ARGUMENT given member URLs are invalid
      PUT key: "k"
      PUT key: "k"
      PUT key: "k"
      COMPACT revision: 3
      RANGE key: "k" revision: 2                             -> OUT_OF_RANGE mvcc: required revision has been compacted
      COMPACT revision: 2                                    -> OUT_OF_RANGE mvcc: required revision has been compacted
      HASH_KV revision: 2                                    -> OUT_OF_RANGE mvcc: required revision has been compacted
      RANGE key: "k" revision: 1000                          -> OUT_OF_RANGE mvcc: required revision is a future revision
      COMPACT revision: 1000                                 -> OUT_OF_RANGE mvcc: required revision is a future revision
      HASH_KV revision: 1000                                 -> OUT_OF_RANGE mvcc: required revision is a future revision
      LEASE_GRANT TTL: 9000000001                            -> OUT_OF_RANGE too large lease TTL
      LEASE_GRANT TTL: 600 ID: 5
      LEASE_GRANT TTL: 600 ID: 5                             -> FAILED_PRECONDITION lease already exists
      LEASE_REVOKE ID: 77                                    -> NOT_FOUND requested lease not found
      PUT key: "k" lease: 77                                 -> NOT_FOUND requested lease not found
      ALARM action: ACTIVATE alarm: NOSPACE
      PUT key: "k"                                           -> RESOURCE_EXHAUSTED mvcc: database space exceeded
      LEASE_GRANT TTL: 600                                   -> RESOURCE_EXHAUSTED mvcc: database space exceeded
      ALARM action: DEACTIVATE alarm: NOSPACE
      ALARM action: ACTIVATE alarm: CORRUPT
      PUT key: "k"                                           -> DATA_LOSS corrupt cluster
      ALARM action: DEACTIVATE alarm: CORRUPT
      MEMBER_REMOVE ID: 77                                   -> NOT_FOUND member not found
      MEMBER_UPDATE ID: 77 peerURLs: "http://127.0.0.1:9"    -> NOT_FOUND member not found
      MEMBER_PROMOTE ID: 77                                  -> NOT_FOUND member not found
      MOVE_LEADER targetID: 77                               -> FAILED_PRECONDITION bad leader transferee
      DOWNGRADE version: "three"                             -> INVALID_ARGUMENT wrong downgrade target version format
      DOWNGRADE version: "3.2"                               -> INVALID_ARGUMENT invalid downgrade target version
      DOWNGRADE action: ENABLE version: "3.6"                -> INVALID_ARGUMENT invalid downgrade target version
      DOWNGRADE action: CANCEL                               -> FAILED_PRECONDITION no inflight downgrade job
      DOWNGRADE action: ENABLE version: "3.5"
      DOWNGRADE action: ENABLE version: "3.5"                -> FAILED_PRECONDITION cluster has a downgrade job in progress
      DOWNGRADE version: "3.5"                               -> FAILED_PRECONDITION cluster has a downgrade job in progress
      DOWNGRADE action: CANCEL
      AUTHENTICATE name: "root" password: "x"                -> FAILED_PRECONDITION authentication is not enabled
      AUTH_ENABLE                                            -> FAILED_PRECONDITION root user does not exist
      USER_ADD password: "x"                                 -> INVALID_ARGUMENT user name is empty
      USER_ADD name: "root" password: "x"
      USER_ADD name: "root" password: "x"                    -> FAILED_PRECONDITION user name already exists
      AUTH_ENABLE                                            -> FAILED_PRECONDITION root user does not have root role
      USER_GET name: "nobody"                                -> FAILED_PRECONDITION user name not found
      USER_DELETE name: "nobody"                             -> FAILED_PRECONDITION user name not found
      USER_CHANGE_PASSWORD name: "nobody" password: "x"      -> FAILED_PRECONDITION user name not found
      USER_GRANT_ROLE user: "nobody" role: "root"            -> FAILED_PRECONDITION user name not found
      USER_GRANT_ROLE user: "root" role: "nothing"           -> FAILED_PRECONDITION role name not found
      USER_REVOKE_ROLE name: "root" role: "root"             -> FAILED_PRECONDITION role is not granted to the user
      ROLE_ADD                                               -> INVALID_ARGUMENT role name is empty
      ROLE_ADD name: "own"
      ROLE_ADD name: "own"                                   -> FAILED_PRECONDITION role name already exists
      ROLE_GET role: "nothing"                               -> FAILED_PRECONDITION role name not found
      ROLE_DELETE role: "nothing"                            -> FAILED_PRECONDITION role name not found
      ROLE_GRANT_PERMISSION name: "nothing" perm { key: "k" } -> FAILED_PRECONDITION role name not found
      ROLE_GRANT_PERMISSION name: "own"                      -> INVALID_ARGUMENT permission not given
      ROLE_REVOKE_PERMISSION role: "own" key: "k"            -> FAILED_PRECONDITION permission is not granted to the role
      """;

  /** The same where callers have to sign in; the user may read what begins with own/. */
  private static final String WITH_USERS =
      """
      USER_ADD name: "root" password: "canary-5e"
      USER_GRANT_ROLE user: "root" role: "root"
      ROLE_ADD name: "own"
      ROLE_GRANT_PERMISSION name: "own" perm { key: "own/" range_end: "own0" }
      USER_ADD name: "alice" password: "canary-5e"
      USER_GRANT_ROLE user: "alice" role: "own"
      AUTH_ENABLE
      AUTHENTICATE name: "root" password: "wrong"            -> INVALID_ARGUMENT authentication failed, invalid user ID or password
      AUTHENTICATE name: "nobody" password: "canary-5e"         -> INVALID_ARGUMENT authentication failed, invalid user ID or password
      RANGE key: "k"                                         -> INVALID_ARGUMENT user name is empty
      LEASE_GRANT TTL: 60                                    -> INVALID_ARGUMENT user name is empty
      MEMBER_LIST                                            -> INVALID_ARGUMENT user name is empty
      """;

  private static final String AS_ROOT =
      """
      PUT key: "k"
      USER_DELETE name: "root"                               -> INVALID_ARGUMENT invalid auth management
      USER_REVOKE_ROLE name: "root" role: "root"             -> INVALID_ARGUMENT invalid auth management
      """;

  private static final String AS_USER =
      """
      RANGE key: "own/k"
      RANGE key: "k"                                         -> PERMISSION_DENIED permission denied
      PUT key: "own/k"                                       -> PERMISSION_DENIED permission denied
      COMPACT revision: 1                                    -> PERMISSION_DENIED permission denied
      AUTH_DISABLE                                           -> PERMISSION_DENIED permission denied
      ALARM action: ACTIVATE alarm: NOSPACE                  -> PERMISSION_DENIED permission denied
      """;

  @TempDir static Path directory;

  /** A line of a table: what to call and, unless it only prepares, how it is refused. */
  private record Line(Step step, String status) {
    static Line parse(String text) {
      String[] parts = text.split("->");
      String error = parts.length == 2 ? parts[1].strip() : "";
      int space = error.indexOf(' ');
      String status =
          error.isEmpty()
              ? ""
              : error.substring(0, space) + ": etcdserver: " + error.substring(space + 1);
      return new Line(Step.parse("0 " + parts[0].strip()), status);
    }
  }

  @Test
  void aLoneMemberRefuses() {
    try (Cluster cluster =
            Cluster.start(Flavor.HOLDFAST, 1, directory.resolve("one"), "--max-txn-ops=3");
        BothForms member = new BothForms(cluster.endpoints())) {
      ON_ONE_MEMBER.lines().map(Line::parse).forEach(line -> check(member, line));
      Message large =
          io.holdfast.api.etcdserverpb.PutRequest.newBuilder()
              .setKey(ByteString.copyFromUtf8("k"))
              .setValue(ByteString.copyFrom(new byte[1_600_000]))
              .build();
      refused(member, Call.PUT, large, "INVALID_ARGUMENT: etcdserver: request is too large", PLAIN);
    }
  }

  @Test
  void aMemberWithUsersRefuses() {
    try (Cluster cluster =
            Cluster.start(Flavor.HOLDFAST, 1, directory.resolve("users"), "--log-level=debug");
        BothForms member = new BothForms(cluster.endpoints())) {
      WITH_USERS.lines().map(Line::parse).forEach(line -> check(member, line));
      AS_ROOT.lines().map(Line::parse).forEach(line -> check(member, line, signIn(member, "root")));
      Map<String, String> alice = signIn(member, "alice");
      AS_USER.lines().map(Line::parse).forEach(line -> check(member, line, alice));
      refused(
          member,
          Call.RANGE,
          request(Call.RANGE, "key: \"own/k\""),
          "UNAUTHENTICATED: etcdserver: invalid auth token",
          Map.of("token", "abcdefghijklmnop.3"));
      String log = cluster.member(0).log();
      assertTrue(log.contains("ready to serve"), log);
      assertFalse(log.contains("canary-5e"), "a password is in the log");
      assertFalse(log.contains(alice.get("token").substring(0, 16)), "a token is in the log");
    }
  }

  private static Map<String, String> signIn(BothForms member, String user) {
    Message request = request(Call.AUTHENTICATE, "name: \"" + user + "\" password: \"canary-5e\"");
    Answer answer = member.grpc(Call.AUTHENTICATE, request, PLAIN);
    assertTrue(answer.isOk(), answer.status());
    return Map.of("token", ((AuthenticateResponse) answer.messages().get(0)).getToken());
  }

  @Test
  void learnersRefuseAndAreRefused() {
    try (Cluster cluster = Cluster.start(Flavor.HOLDFAST, 1, directory.resolve("learner"));
        BothForms voter = new BothForms(cluster.member(0).endpoint())) {
      int port = Ports.free(1).get(0);
      String url = "http://127.0.0.1:" + port;
      Message add = request(Call.MEMBER_ADD, "peerURLs: \"" + url + "\" isLearner: true");
      Answer added = voter.grpc(Call.MEMBER_ADD, add, PLAIN);
      assertTrue(added.isOk(), added.status());
      long id = ((MemberAddResponse) added.messages().get(0)).getMember().getID();
      check(
          voter,
          "MEMBER_ADD peerURLs: \"" + url + "\"",
          "FAILED_PRECONDITION Peer URLs already exists");
      check(
          voter,
          "MEMBER_ADD isLearner: true peerURLs: \"http://127.0.0.1:9\"",
          "FAILED_PRECONDITION too many learner members in cluster");
      check(
          voter,
          "MEMBER_PROMOTE ID: " + Long.toUnsignedString(id),
          "FAILED_PRECONDITION can only promote a learner member which is in sync with leader");
      String own = cluster.member(0).memberId().orElseThrow();
      check(
          voter,
          "MEMBER_PROMOTE ID: " + own,
          "FAILED_PRECONDITION can only promote a learner member");
      String peers = cluster.member(0).flag("initial-cluster").orElseThrow() + ",m1=" + url;
      MemberProcess learner = cluster.joining("m1", port, peers).start();
      learner.awaitReady(PATIENCE);
      try (BothForms asked = new BothForms(learner.endpoint())) {
        check(asked, "PUT key: \"k\"", "FAILED_PRECONDITION rpc not supported for learner");
      }
    }
  }

  @Test
  void changesThatEndangerTheQuorumAreRefused() {
    try (Cluster cluster = Cluster.start(Flavor.HOLDFAST, 3, directory.resolve("three"))) {
      MemberProcess leader = cluster.awaitLeader(PATIENCE);
      List<MemberProcess> followers =
          cluster.members().stream().filter(member -> member != leader).toList();
      String removal = "MEMBER_REMOVE ID: " + followers.get(0).memberId().orElseThrow();
      String lostRemoval = "MEMBER_REMOVE ID: " + followers.get(1).memberId().orElseThrow();
      String addition = "MEMBER_ADD peerURLs: \"http://127.0.0.1:9\"";
      try (BothForms asked = new BothForms(leader.endpoint())) {
        followers.get(1).kill();
        awaitLoss(leader);
        check(asked, addition, "UNAVAILABLE unhealthy cluster");
        check(asked, removal, "UNAVAILABLE unhealthy cluster");
        check(asked, Line.parse(lostRemoval));
        awaitAnswer(asked, addition, "OK");
        check(
            asked,
            removal,
            "FAILED_PRECONDITION re-configuration failed due to not enough started members");
      }
    }
  }

  @Test
  void aFloodOfSignInsIsRefusedAndNothingElse() {
    try (Cluster cluster =
            Cluster.start(Flavor.HOLDFAST, 1, directory.resolve("flood"), "--bcrypt-cost=13");
        BothForms member = new BothForms(cluster.endpoints())) {
      WITH_USERS
          .lines()
          .map(Line::parse)
          .takeWhile(line -> line.status().isEmpty())
          .forEach(line -> check(member, line));
      Map<String, String> root = signIn(member, "root");
      Message signIn = request(Call.AUTHENTICATE, "name: \"alice\" password: \"wrong\"");
      List<CompletableFuture<Answer>> flood =
          IntStream.range(0, 100)
              .mapToObj(i -> member.begin(Call.AUTHENTICATE, signIn, PLAIN))
              .toList();
      CompletableFuture.anyOf(flood.toArray(CompletableFuture[]::new)).join();
      refused(
          member,
          Call.AUTHENTICATE,
          signIn,
          "RESOURCE_EXHAUSTED: etcdserver: too many requests",
          PLAIN);
      check(member, Line.parse("PUT key: \"k\""), root);
    }
  }

  @Test
  void membersWithoutAQuorumRefuse() throws Exception {
    try (Cluster cluster = Cluster.start(Flavor.HOLDFAST, 2, directory.resolve("two"))) {
      MemberProcess leader = cluster.awaitLeader(PATIENCE);
      MemberProcess follower = leader == cluster.member(0) ? cluster.member(1) : cluster.member(0);
      try (BothForms asked = new BothForms(follower.endpoint())) {
        check(asked, "MOVE_LEADER targetID: 77", "FAILED_PRECONDITION not leader");
        CompletableFuture<Status> watch = asked.endOfWatch(NEEDS_LEADER);
        leader.kill();
        awaitRefusal(
            asked, request(Call.RANGE, "key: \"k\""), "UNAVAILABLE: etcdserver: no leader");
        refused(
            asked,
            Call.RANGE,
            request(Call.RANGE, "key: \"k\""),
            "UNAVAILABLE: etcdserver: no leader",
            NEEDS_LEADER);
        Status ended = watch.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertEquals(Status.Code.UNAVAILABLE, ended.getCode());
        assertEquals("etcdserver: no leader", ended.getDescription());
        Answer put = asked.grpc(Call.PUT, request(Call.PUT, "key: \"k\""), PLAIN);
        assertTrue(
            put.status().startsWith("UNAVAILABLE: etcdserver: request timed out"), put.status());
        BothForms.Json json = asked.json(Call.PUT, request(Call.PUT, "key: \"k\""), PLAIN);
        assertEquals(503, json.httpStatus());
        assertTrue(
            json.status().startsWith("UNAVAILABLE: etcdserver: request timed out"), json.body());
      }
    }
  }

  private static void awaitRefusal(BothForms asked, Message request, String status) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!asked.grpc(Call.RANGE, request, NEEDS_LEADER).status().equals(status)) {
      assertTrue(System.nanoTime() < end, "still a leader");
    }
  }

  private static void awaitLoss(MemberProcess leader) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (leader
        .get("/metrics")
        .orElseThrow()
        .lines()
        .noneMatch(line -> line.matches("etcd_network_active_peers\\{.*} 0\\.0"))) {
      assertTrue(System.nanoTime() < end, "still connected to the member that was killed");
    }
  }

  /** A connection has to have stood for a while before it counts. */
  private static void awaitAnswer(BothForms asked, String call, String status) {
    Step step = Line.parse(call).step();
    long end = System.nanoTime() + PATIENCE.toNanos();
    String answer = asked.grpc(step.call(), step.request(), PLAIN).status();
    while (!answer.equals(status)) {
      assertTrue(System.nanoTime() < end, call + " still says " + answer);
      answer = asked.grpc(step.call(), step.request(), PLAIN).status();
    }
  }

  private static void check(BothForms member, String call, String error) {
    check(member, Line.parse(call + " -> " + error));
  }

  private static void check(BothForms member, Line line) {
    check(member, line, PLAIN);
  }

  private static void check(BothForms member, Line line, Map<String, String> metadata) {
    Step step = line.step();
    if (line.status().isEmpty()) {
      Answer answer = member.grpc(step.call(), step.request(), metadata);
      assertTrue(answer.isOk(), () -> step.text() + " said " + answer.status());
    } else {
      refused(member, step.call(), step.request(), line.status(), metadata);
    }
  }

  private static void refused(
      BothForms member, Call call, Message request, String status, Map<String, String> metadata) {
    Answer answer = member.grpc(call, request, metadata);
    assertEquals(status, answer.status(), () -> call + " over gRPC");
    BothForms.Json json = member.json(call, request, metadata);
    assertEquals(status, json.status(), () -> call + " as JSON");
    assertEquals(HTTP_STATUS.get(answer.code()), json.httpStatus(), json.body());
    assertTrue(json.body().contains("\"error\":\"" + answer.text() + '"'), json.body());
  }

  private static Message request(Call call, String fields) {
    Message.Builder request = call.prototype().newBuilderForType();
    try {
      TextFormat.getParser().merge(fields, request);
    } catch (TextFormat.ParseException e) {
      throw new IllegalArgumentException(fields, e);
    }
    return request.build();
  }
}
