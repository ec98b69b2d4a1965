package io.holdfast.server.service.member;

import static io.holdfast.server.service.member.TestCluster.await;
import static io.holdfast.server.service.member.TestCluster.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import io.holdfast.server.watch.WatchMessage;
import io.holdfast.server.watch.WatchRequest;
import io.holdfast.server.watch.WatchSink;
import io.holdfast.server.watch.WatchStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Users and permissions on a member that is alone in its cluster, with its real files. */
class MemberAuthTest {
  private static final String PASSWORD = "canary-password-1f9a";

  @TempDir Path directory;
  private Member member;
  private AuthService auth;
  private Caller nobody = Caller.ANONYMOUS;

  @BeforeEach
  void open() throws Exception {
    start();
    await(auth.userAdd(nobody, "root", PASSWORD, false));
    await(auth.userGrantRole(nobody, "root", "root"));
    await(auth.userAdd(nobody, "alice", PASSWORD, false));
    await(auth.roleAdd(nobody, "own"));
    await(
        auth.roleGrantPermission(
            nobody, "own", new Permission(KeyRange.single(bytes("mine")), AccessKind.READ_WRITE)));
    await(auth.userGrantRole(nobody, "alice", "own"));
    await(auth.enable(nobody));
  }

  private void start() throws Exception {
    member =
        Member.start(
            MemberConfig.builder("default", directory)
                .auth(new AuthOptions(300, 4, Optional.empty()))
                .build());
    await(member.joined());
    auth = member.auth();
  }

  @AfterEach
  void close() {
    member.close();
  }

  @Test
  void nobodyIsServed() {
    refused(
        EtcdError.USER_NAME_IS_EMPTY,
        () -> await(member.keyValues().range(RangeQuery.of(KeyRange.all()), true)));
    refused(EtcdError.USER_NAME_IS_EMPTY, () -> await(member.keyValues().put(put("mine"))));
    refused(EtcdError.USER_NAME_IS_EMPTY, () -> await(member.leases().grant(7, 60)));
    refused(EtcdError.USER_NAME_IS_EMPTY, () -> await(member.leases().keepAlive(7)));
    refused(EtcdError.USER_NAME_IS_EMPTY, () -> await(member.leases().leases()));
    refused(EtcdError.USER_NAME_IS_EMPTY, () -> await(auth.userList(nobody)));
    refused(EtcdError.USER_NAME_IS_EMPTY, () -> await(auth.disable(nobody)));
  }

  @Test
  void usersSignInAndDoWhatTheyMay() throws Exception {
    Caller alice = signIn("alice");
    await(member.keyValues().as(alice).put(put("mine")));
    refused(
        EtcdError.PERMISSION_DENIED, () -> await(member.keyValues().as(alice).put(put("other"))));
    refused(
        EtcdError.PERMISSION_DENIED,
        () -> await(member.keyValues().as(alice).range(RangeQuery.of(KeyRange.all()), false)));
    assertEquals(List.of("own"), await(auth.userRoles(alice, "alice")).body());
    refused(EtcdError.PERMISSION_DENIED, () -> await(auth.userRoles(alice, "root")));
    await(member.keyValues().as(signIn("root")).put(put("other")));
  }

  @Test
  void wrongPasswordsAndUnknownUsersAreRefusedAlike() {
    refused(EtcdError.AUTHENTICATION_FAILED, () -> await(auth.authenticate("alice", "wrong")));
    refused(EtcdError.AUTHENTICATION_FAILED, () -> await(auth.authenticate("mallory", PASSWORD)));
    refused(EtcdError.INVALID_AUTH_TOKEN, () -> auth.recognize("abc.1"));
    refused(EtcdError.INVALID_AUTH_TOKEN, () -> auth.recognize(""));
  }

  @Test
  void aLeaseShowsItsKeysToTheirReadersOnly() throws Exception {
    Caller root = signIn("root");
    await(member.leases().as(root).grant(7, 60));
    await(
        member
            .keyValues()
            .as(root)
            .put(new Command.Put(Key.of("secret"), bytes("1"), 7, false, false, false)));
    Caller alice = signIn("alice");
    refused(
        EtcdError.PERMISSION_DENIED, () -> await(member.leases().as(alice).timeToLive(7, true)));
    refused(EtcdError.PERMISSION_DENIED, () -> await(member.leases().as(alice).keepAlive(7)));
    refused(EtcdError.PERMISSION_DENIED, () -> await(member.leases().as(alice).revoke(7)));
    assertEquals(List.of(), await(member.leases().as(alice).timeToLive(7, false)).body().keys());
    await(member.leases().as(root).keepAlive(7));
  }

  @Test
  void oneReadableKeyIsNoWindowOnTheOthers() throws Exception {
    Caller alice = signIn("alice");
    try (WatchStream stream = member.watches().open(() -> alice, new Ignoring())) {
      refused(
          EtcdError.PERMISSION_DENIED,
          () -> stream.create(WatchRequest.of(KeyRange.fromKey(bytes("mine")), 0)));
      refused(EtcdError.PERMISSION_DENIED, () -> stream.create(WatchRequest.of(KeyRange.all(), 0)));
      assertEquals(0, stream.size());
      stream.create(WatchRequest.of(KeyRange.single(bytes("mine")), 0));
      assertEquals(1, stream.size());
    }
  }

  @Test
  void neitherPasswordsNorTokensAreWrittenDown() throws Exception {
    String token = await(auth.authenticate("alice", PASSWORD)).body();
    await(member.keyValues().as(auth.recognize(token)).put(put("mine")));
    member.close();
    String secret = token.substring(0, token.indexOf('.'));
    assertEquals(16, secret.length());
    assertFalse(isWritten(PASSWORD));
    assertFalse(isWritten(secret));
    assertTrue(isWritten("alice"), "what is written is found");
    start();
    assertTrue(auth.isEnabled());
    signIn("alice");
  }

  private boolean isWritten(String text) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String content = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        if (content.contains(text)) {
          return true;
        }
      }
    }
    return false;
  }

  private Caller signIn(String user) throws Exception {
    return auth.recognize(await(auth.authenticate(user, PASSWORD)).body());
  }

  private static Command.Put put(String key) {
    return Command.Put.of(Key.of(key), bytes("x"));
  }

  private static void refused(EtcdError error, Executable action) {
    assertEquals(error, assertThrows(StoreException.class, action).error());
  }

  private static final class Ignoring implements WatchSink {
    @Override
    public void deliver(WatchMessage message) {
      // What is watched is not of interest here.
    }

    @Override
    public boolean isReady() {
      return true;
    }
  }
}
