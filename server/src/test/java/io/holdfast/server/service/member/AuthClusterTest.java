package io.holdfast.server.service.member;

import static io.holdfast.server.service.member.TestCluster.await;
import static io.holdfast.server.service.member.TestCluster.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.apply.Command;
import io.holdfast.server.auth.AccessKind;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.auth.Permission;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.service.AuthService;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Users, tokens and permissions on three members. */
@Timeout(180)
class AuthClusterTest {
  private static final String PASSWORD = "a password";
  private static final Caller NOBODY = Caller.ANONYMOUS;

  @TempDir Path directory;

  @Test
  void whoSignsInWithOneMemberIsKnownToAll() throws Exception {
    try (TestCluster cluster = start(31_440)) {
      for (int signedIn = 0; signedIn < TestCluster.SIZE; signedIn++) {
        String token = signIn(cluster, signedIn, "alice");
        for (int asked = 0; asked < TestCluster.SIZE; asked++) {
          AuthService auth = cluster.member(asked).auth();
          if (auth.isAhead(token)) {
            await(auth.catchUp());
          }
          put(cluster, asked, auth.recognize(token), "mine");
          Caller alice = auth.recognize(token);
          int member = asked;
          refused(EtcdError.PERMISSION_DENIED, () -> put(cluster, member, alice, "other"));
        }
      }
    }
  }

  @Test
  void anotherPasswordEndsTheTokensEverywhere() throws Exception {
    try (TestCluster cluster = start(31_450)) {
      String token = signIn(cluster, 0, "alice");
      Caller root = cluster.member(1).auth().recognize(caughtUp(cluster, 1, signIn(cluster, 1)));
      await(cluster.member(1).auth().userChangePassword(root, "alice", PASSWORD));
      for (int i = 0; i < TestCluster.SIZE; i++) {
        AuthService auth = cluster.member(i).auth();
        await(auth.catchUp());
        refused(EtcdError.INVALID_AUTH_TOKEN, () -> auth.recognize(token));
      }
    }
  }

  @Test
  void whoWasRecognizedBeforeAChangeIsAskedToSignInAnew() throws Exception {
    try (TestCluster cluster = start(31_460)) {
      AuthService auth = cluster.member(0).auth();
      Caller alice = auth.recognize(signIn(cluster, 0, "alice"));
      Caller root = auth.recognize(signIn(cluster, 0));
      await(auth.roleAdd(root, "another"));
      refused(EtcdError.AUTH_REVISION_OLD, () -> put(cluster, 0, alice, "mine"));
    }
  }

  /** Another member has granted it, and the one that is asked need not have heard of that yet. */
  @Test
  void whatHasBeenGrantedIsNotDeniedAnywhere() throws Throwable {
    try (TestCluster cluster = start(31_480)) {
      int leader = cluster.awaitLeader();
      int follower = (leader + 1) % TestCluster.SIZE;
      String token = signIn(cluster, follower, "alice");
      String root = signIn(cluster, leader);
      AuthService office = cluster.member(leader).auth();
      AuthService asked = cluster.member(follower).auth();
      for (int round = 0; round < 10; round++) {
        await(office.userRevokeRole(office.recognize(root), "alice", "own"));
        await(asked.catchUp());
        Caller alice = asked.recognize(token);
        refused(EtcdError.PERMISSION_DENIED, () -> put(cluster, follower, alice, "mine"));
        refused(EtcdError.PERMISSION_DENIED, () -> get(cluster, follower, alice, "mine"));

        await(office.userGrantRole(office.recognize(root), "alice", "own"));
        allowedOrAskedAgain(
            round % 2 == 0
                ? () -> put(cluster, follower, alice, "mine")
                : () -> get(cluster, follower, alice, "mine"));
      }
    }
  }

  private static void allowedOrAskedAgain(Executable call) throws Throwable {
    try {
      call.execute();
    } catch (StoreException refusal) {
      assertEquals(EtcdError.AUTH_REVISION_OLD, refusal.error());
    }
  }

  @Test
  void aMemberThatWasAwayForLongReceivesTheUsers() throws Exception {
    try (TestCluster cluster = start(31_470)) {
      int leader = cluster.awaitLeader();
      int away = (leader + 1) % TestCluster.SIZE;
      String before = caughtUp(cluster, away, signIn(cluster, leader, "alice"));
      cluster.member(away).auth().recognize(before);
      long installed = 0;
      for (int absence = 0; absence < 10 && installed == 0; absence++) {
        cluster.stopMember(away);
        AuthService auth = cluster.member(leader).auth();
        Caller root = auth.recognize(signIn(cluster, leader));
        await(auth.userAdd(root, "user" + absence, PASSWORD, false));
        putMany(cluster, leader, auth.recognize(signIn(cluster, leader)), 1000);
        cluster.startMember(away);
        cluster.awaitJoined();
        await(cluster.member(away).auth().catchUp());
        installed = cluster.member(away).counters().snapshotsInstalledTotal();
      }
      assertEquals(1, installed);
      AuthService auth = cluster.member(away).auth();
      refused(EtcdError.INVALID_AUTH_TOKEN, () -> auth.recognize(before));
      Caller root = auth.recognize(signIn(cluster, away));
      List<String> users = await(auth.userList(root)).body();
      assertTrue(users.containsAll(List.of("alice", "root", "user0")), users.toString());
      Caller alice = auth.recognize(signIn(cluster, away, "alice"));
      put(cluster, away, alice, "mine");
      refused(EtcdError.PERMISSION_DENIED, () -> put(cluster, away, alice, "other"));
    }
  }

  private TestCluster start(int firstPort) throws Exception {
    TestCluster cluster =
        TestCluster.start(
            directory,
            firstPort,
            settings ->
                settings
                    .auth(new AuthOptions(300, AuthOptions.BCRYPT_COST_MIN, Optional.empty()))
                    .snapshotCount(100)
                    .snapshotCatchupEntries(10));
    AuthService auth = cluster.member(cluster.awaitLeader()).auth();
    await(auth.userAdd(NOBODY, "root", PASSWORD, false));
    await(auth.userGrantRole(NOBODY, "root", "root"));
    await(auth.userAdd(NOBODY, "alice", PASSWORD, false));
    await(auth.roleAdd(NOBODY, "own"));
    Permission own = new Permission(KeyRange.single(bytes("mine")), AccessKind.READ_WRITE);
    await(auth.roleGrantPermission(NOBODY, "own", own));
    await(auth.userGrantRole(NOBODY, "alice", "own"));
    await(auth.enable(NOBODY));
    return cluster;
  }

  private static String signIn(TestCluster cluster, int member) throws Exception {
    return signIn(cluster, member, "root");
  }

  private static String signIn(TestCluster cluster, int member, String user) throws Exception {
    return await(cluster.member(member).auth().authenticate(user, PASSWORD)).body();
  }

  private static String caughtUp(TestCluster cluster, int member, String token) throws Exception {
    await(cluster.member(member).auth().catchUp());
    return token;
  }

  private static void put(TestCluster cluster, int member, Caller caller, String key)
      throws Exception {
    await(cluster.member(member).keyValues().as(caller).put(put(key)));
  }

  private static void get(TestCluster cluster, int member, Caller caller, String key)
      throws Exception {
    RangeQuery query = RangeQuery.of(KeyRange.single(bytes(key)));
    await(cluster.member(member).keyValues().as(caller).range(query, false));
  }

  private static Command.Put put(String key) {
    return Command.Put.of(Key.of(key), bytes("x"));
  }

  private static void putMany(TestCluster cluster, int member, Caller caller, int count)
      throws Exception {
    List<CompletionStage<?>> answers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      answers.add(cluster.member(member).keyValues().as(caller).put(put("key" + i)));
    }
    for (CompletionStage<?> answer : answers) {
      await(answer);
    }
  }

  private static void refused(EtcdError error, Executable action) {
    assertEquals(error, assertThrows(StoreException.class, action).error());
  }
}
