package io.holdfast.server.service.member;

import static io.holdfast.server.service.member.TestCluster.await;
import static io.holdfast.server.service.member.TestCluster.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.apply.Command;
import io.holdfast.server.auth.AccessKind;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.auth.Permission;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.service.AuthService;
import io.holdfast.server.token.JwtOptions;
import io.holdfast.server.token.SignedTokens;
import io.holdfast.server.token.SigningMethod;
import io.holdfast.server.token.TestKeys;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Signed tokens on a member that is alone in its cluster, with its real files. */
class MemberSignedTokensTest {
  private static final String PASSWORD = "a password";
  private static final Caller NOBODY = Caller.ANONYMOUS;

  @TempDir Path directory;
  private JwtOptions options;
  private Member member;
  private AuthService auth;

  @BeforeEach
  void open() throws Exception {
    options = TestKeys.options(directory, SigningMethod.ES256);
    start(options);
    await(auth.userAdd(NOBODY, "root", PASSWORD, false));
    await(auth.userGrantRole(NOBODY, "root", "root"));
    await(auth.userAdd(NOBODY, "alice", PASSWORD, false));
    await(auth.roleAdd(NOBODY, "own"));
    await(
        auth.roleGrantPermission(
            NOBODY, "own", new Permission(KeyRange.single(bytes("mine")), AccessKind.READ_WRITE)));
    await(auth.userGrantRole(NOBODY, "alice", "own"));
    await(auth.enable(NOBODY));
  }

  private void start(JwtOptions tokens) throws Exception {
    member =
        Member.start(
            MemberConfig.builder("default", directory.resolve("data"))
                .auth(new AuthOptions(300, 4, Optional.of(tokens)))
                .build());
    await(member.joined());
    auth = member.auth();
  }

  @AfterEach
  void close() {
    member.close();
  }

  @Test
  void usersSignInAndDoWhatTheyMay() throws Exception {
    String token = signIn("alice");
    assertEquals(3, token.split("\\.").length);
    put(token, "mine");
    refused(EtcdError.PERMISSION_DENIED, () -> put(token, "other"));
    put(signIn("root"), "other");
    refused(EtcdError.AUTHENTICATION_FAILED, () -> await(auth.authenticate("alice", "wrong")));
    refused(EtcdError.INVALID_AUTH_TOKEN, () -> auth.recognize(token + "x"));
    refused(EtcdError.INVALID_AUTH_TOKEN, () -> auth.recognize("abcdefghijklmnop.1"));
  }

  /** As with etcd: keys are asked for anew, users and roles are not. */
  @Test
  void afterAnyChangeOfUsersATokenIsNoLongerGoodForKeys() throws Exception {
    String alice = signIn("alice");
    String root = signIn("root");
    await(auth.roleAdd(auth.recognize(root), "another"));
    refused(EtcdError.AUTH_REVISION_OLD, () -> put(alice, "mine"));
    refused(EtcdError.AUTH_REVISION_OLD, () -> put(root, "mine"));
    await(auth.roleAdd(auth.recognize(root), "a third"));
    put(signIn("alice"), "mine");
  }

  @Test
  void anotherPasswordEndsTheUsersTokensForEverything() throws Exception {
    String before = signIn("root");
    String alice = signIn("alice");
    await(auth.userChangePassword(auth.recognize(before), "root", "another password"));
    refused(EtcdError.AUTH_REVISION_OLD, () -> auth.recognize(before));
    assertEquals("alice", ((Caller.SignedIn) auth.recognize(alice)).user());
    member.close();
    start(options);
    refused(EtcdError.AUTH_REVISION_OLD, () -> auth.recognize(before));
  }

  @Test
  void aUserOfTheSameNameIsAnotherUser() throws Exception {
    String before = signIn("alice");
    Caller root = auth.recognize(signIn("root"));
    await(auth.userDelete(root, "alice"));
    refused(EtcdError.AUTH_REVISION_OLD, () -> auth.recognize(before));
    await(auth.userAdd(root, "alice", PASSWORD, false));
    await(auth.userGrantRole(root, "alice", "root"));
    refused(EtcdError.AUTH_REVISION_OLD, () -> auth.recognize(before));
    auth.recognize(signIn("alice"));
  }

  @Test
  void tokensOutliveTheMember() throws Exception {
    String token = signIn("alice");
    member.close();
    start(options);
    put(token, "mine");
  }

  /** Such a token was made by a cluster that this one is a copy of, or by one that it lost. */
  @Test
  void aRevisionThatTheClusterHasNotComeToIsNotTaken() throws Exception {
    String ahead = SignedTokens.open(options).sign("root", 100, System.currentTimeMillis());
    assertTrue(auth.isAhead(ahead));
    refused(EtcdError.INVALID_AUTH_TOKEN, () -> auth.recognize(ahead));
    assertFalse(auth.isAhead(signIn("root")));
    assertFalse(auth.isAhead(ahead + "x"));
  }

  @Test
  void aMemberWithoutThePrivateKeyTakesTokensAndMakesNone() throws Exception {
    String token = signIn("alice");
    member.close();
    start(
        new JwtOptions(
            options.method(),
            Optional.of(TestKeys.publicKeyOf(options)),
            Optional.empty(),
            options.ttlMillis(),
            Optional.empty()));
    put(token, "mine");
    refused(EtcdError.TOKENS_ARE_ONLY_VERIFIED, () -> signIn("alice"));
    refused(EtcdError.AUTHENTICATION_FAILED, () -> await(auth.authenticate("alice", "wrong")));
  }

  @Test
  void anUnusableKeyEndsTheStartBeforeAnythingIsWritten() {
    Path data = directory.resolve("new");
    JwtOptions missing =
        new JwtOptions(
            SigningMethod.ES256,
            Optional.empty(),
            Optional.of(directory.resolve("none.pem")),
            1000,
            Optional.empty());
    StartupException refused =
        assertThrows(
            StartupException.class,
            () ->
                Member.start(
                    MemberConfig.builder("default", data)
                        .auth(new AuthOptions(300, 4, Optional.of(missing)))
                        .build()));
    assertTrue(refused.getMessage().contains("none.pem"), refused.getMessage());
    assertFalse(Files.exists(data));
  }

  @Test
  void whoSignsInAgainGetsAnotherTokenWithTheNewRevision() throws Exception {
    String first = signIn("root");
    await(auth.roleAdd(auth.recognize(first), "another"));
    String second = signIn("root");
    assertNotEquals(first, second);
    put(second, "mine");
  }

  private String signIn(String user) throws Exception {
    return await(auth.authenticate(user, PASSWORD)).body();
  }

  private void put(String token, String key) throws Exception {
    await(
        member.keyValues().as(auth.recognize(token)).put(Command.Put.of(Key.of(key), bytes("x"))));
  }

  private static void refused(EtcdError error, Executable action) {
    assertEquals(error, assertThrows(StoreException.class, action).error());
  }
}
