package io.holdfast.server.auth;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.BackendOptions;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.KeyRange;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class AuthStoreTest {
  @TempDir Path directory;
  private Backend backend;
  private AuthStore store;

  @BeforeEach
  void open() {
    backend = Backend.open(directory.resolve("store"), new BackendOptions(1 << 20, 0));
    store = new AuthStore(backend.bucket(AuthStore.BUCKET));
  }

  @AfterEach
  void close() {
    backend.close();
  }

  @Test
  void aFreshStoreHasNobodyAndRevisionOne() {
    assertFalse(store.state().isEnabled());
    assertEquals(1, store.state().revision());
    assertTrue(store.state().users().isEmpty());
    store.state().checkRoot(Caller.ANONYMOUS);
    store.state().checkKeys(Caller.ANONYMOUS, KeyRange.all(), AccessKind.WRITE);
  }

  @Test
  void everyChangeRaisesTheRevisionByOne() {
    store.addRole("reader");
    store.grantPermission("reader", permission("a", "m", AccessKind.READ));
    store.addUser("alice", "hash", false);
    store.grantRole("alice", "reader");
    store.changePassword("alice", "other");
    store.revokeRole("alice", "reader");
    store.revokePermission("reader", range("a", "m"));
    store.deleteRole("reader");
    store.deleteUser("alice");
    assertEquals(10, store.state().revision());
  }

  @Test
  void whatIsRefusedOrWithoutEffectLeavesTheRevision() {
    store.addRole("reader");
    store.addUser("alice", "hash", false);
    store.grantRole("alice", "reader");
    long revision = store.state().revision();
    store.grantRole("alice", "reader");
    store.disable();
    refused(EtcdError.USER_NAME_ALREADY_EXISTS, () -> store.addUser("alice", "x", false));
    refused(EtcdError.USER_NAME_IS_EMPTY, () -> store.addUser("", "x", false));
    refused(EtcdError.ROLE_NAME_ALREADY_EXISTS, () -> store.addRole("reader"));
    refused(EtcdError.ROLE_NAME_IS_EMPTY, () -> store.addRole(""));
    refused(EtcdError.USER_NAME_NOT_FOUND, () -> store.deleteUser("bob"));
    refused(EtcdError.USER_NAME_NOT_FOUND, () -> store.changePassword("bob", "x"));
    refused(EtcdError.USER_NAME_NOT_FOUND, () -> store.grantRole("bob", "reader"));
    refused(EtcdError.USER_NAME_NOT_FOUND, () -> store.revokeRole("bob", "reader"));
    refused(EtcdError.ROLE_NAME_NOT_FOUND, () -> store.grantRole("alice", "writer"));
    refused(EtcdError.ROLE_IS_NOT_GRANTED_TO_THE_USER, () -> store.revokeRole("alice", "writer"));
    refused(EtcdError.ROLE_NAME_NOT_FOUND, () -> store.deleteRole("writer"));
    refused(
        EtcdError.ROLE_NAME_NOT_FOUND,
        () -> store.grantPermission("writer", permission("a", "", AccessKind.WRITE)));
    refused(
        EtcdError.PERMISSION_IS_NOT_GRANTED_TO_THE_ROLE,
        () -> store.revokePermission("reader", range("a", "")));
    for (String[] bad : List.of(new String[] {"", ""}, new String[] {"b", "a"})) {
      refused(
          EtcdError.INVALID_AUTH_MANAGEMENT,
          () -> store.grantPermission("reader", permission(bad[0], bad[1], AccessKind.READ)));
    }
    assertEquals(revision, store.state().revision());
  }

  @Test
  void isTurnedOnOnlyWithARootThatIsRoot() {
    refused(EtcdError.ROOT_USER_DOES_NOT_EXIST, store::enable);
    store.addUser("root", "hash", false);
    refused(EtcdError.ROOT_USER_DOES_NOT_HAVE_ROOT_ROLE, store::enable);
    store.grantRole("root", "root");
    long revision = store.state().revision();
    store.enable();
    store.enable();
    assertTrue(store.state().isEnabled());
    assertEquals(revision, store.state().revision());
    store.disable();
    assertEquals(revision + 1, store.state().revision());
    assertFalse(store.state().isEnabled());
  }

  @Test
  void rootStaysRootWhileAuthenticationIsOn() {
    store.addRole("root");
    enable();
    refused(EtcdError.INVALID_AUTH_MANAGEMENT, () -> store.deleteUser("root"));
    refused(EtcdError.INVALID_AUTH_MANAGEMENT, () -> store.revokeRole("root", "root"));
    refused(EtcdError.INVALID_AUTH_MANAGEMENT, () -> store.deleteRole("root"));
    store.disable();
    store.revokeRole("root", "root");
    store.deleteRole("root");
    store.deleteUser("root");
    assertTrue(store.state().users().isEmpty());
  }

  @Test
  void nobodyDoesAnythingUnlessSignedIn() {
    enable();
    refused(
        EtcdError.USER_NAME_IS_EMPTY,
        () -> store.state().checkKeys(Caller.ANONYMOUS, range("a", ""), AccessKind.READ));
    refused(EtcdError.USER_NAME_IS_EMPTY, () -> store.state().checkRoot(Caller.ANONYMOUS));
    refused(EtcdError.USER_NAME_IS_EMPTY, () -> store.state().checkSignedIn(Caller.ANONYMOUS));
    store.state().checkKeys(Caller.CLUSTER, range("a", ""), AccessKind.WRITE);
  }

  @Test
  void rolesAddUp() {
    enable();
    store.addUser("alice", "hash", false);
    store.addRole("low");
    store.addRole("high");
    store.grantPermission("low", permission("a", "m", AccessKind.READ));
    store.grantPermission("high", permission("m", "z", AccessKind.READ_WRITE));
    store.grantRole("alice", "low");
    refused(EtcdError.PERMISSION_DENIED, () -> check("alice", "a", "z", AccessKind.READ));
    store.grantRole("alice", "high");
    check("alice", "a", "z", AccessKind.READ);
    check("alice", "m", "z", AccessKind.WRITE);
    check("alice", "b", "", AccessKind.READ);
    refused(EtcdError.PERMISSION_DENIED, () -> check("alice", "b", "", AccessKind.WRITE));
    refused(EtcdError.PERMISSION_DENIED, () -> check("alice", "a", "\0", AccessKind.READ));
    refused(EtcdError.PERMISSION_DENIED, () -> check("alice", "\0", "\0", AccessKind.READ));
    store.deleteRole("low");
    refused(EtcdError.PERMISSION_DENIED, () -> check("alice", "b", "", AccessKind.READ));
    check("root", "\0", "\0", AccessKind.WRITE);
    refused(EtcdError.PERMISSION_DENIED, () -> store.state().checkRoot(signedIn("alice")));
    refused(EtcdError.USER_NAME_NOT_FOUND, () -> store.state().checkRoot(signedIn("bob")));
  }

  @Test
  void aGrantForTheSameRangeReplacesTheOneBefore() {
    enable();
    store.addUser("alice", "hash", false);
    store.addRole("role");
    store.grantRole("alice", "role");
    store.grantPermission("role", permission("a", "", AccessKind.READ_WRITE));
    store.grantPermission("role", permission("a", "", AccessKind.READ));
    assertEquals(1, store.state().role("role").permissions().size());
    refused(EtcdError.PERMISSION_DENIED, () -> check("alice", "a", "", AccessKind.WRITE));
  }

  @Test
  void whoWasRecognizedBeforeAChangeIsRefused() {
    enable();
    Caller before = signedIn("root");
    store.addUser("alice", "hash", false);
    refused(
        EtcdError.AUTH_REVISION_OLD,
        () -> store.state().checkKeys(before, range("a", ""), AccessKind.READ));
    refused(EtcdError.AUTH_REVISION_OLD, () -> store.state().checkUnchanged(before));
    assertDoesNotThrow(() -> store.state().checkUnchanged(signedIn("root")));
  }

  @Test
  void usersWithoutAPasswordStayWithoutOne() {
    store.addUser("certified", "ignored", true);
    store.changePassword("certified", "ignored");
    assertEquals("", store.state().user("certified").passwordHash());
  }

  @Test
  void whoSignedInBeforeTheOwnPasswordChangedIsRefused() {
    enable();
    store.addUser("alice", "hash", false);
    long before = store.state().revision();
    store.addUser("bob", "hash", false);
    store.state().signedInAt("alice", before);
    store.changePassword("alice", "other");
    long after = store.state().revision();
    store.addRole("role");
    store.grantRole("alice", "role");
    AuthState readBack = new AuthStore(backend.bucket(AuthStore.BUCKET)).state();
    for (AuthState state : List.of(store.state(), readBack)) {
      refused(EtcdError.AUTH_REVISION_OLD, () -> state.signedInAt("alice", after - 1));
      assertEquals("alice", state.signedInAt("alice", after).user());
    }
    store.deleteUser("alice");
    refused(EtcdError.AUTH_REVISION_OLD, () -> store.state().signedInAt("alice", after));
    store.addUser("alice", "hash", false);
    refused(EtcdError.AUTH_REVISION_OLD, () -> store.state().signedInAt("alice", after));
  }

  @Test
  void usersOfOlderFilesHaveCredentialsSinceEver() {
    byte[] key = AuthCodec.key(AuthCodec.USER, "alice");
    byte[] record = AuthCodec.encode(new User("alice", "hash", false, List.of("role"), 7));
    byte[] older = Arrays.copyOf(record, record.length - Long.BYTES);
    assertEquals(new User("alice", "hash", false, List.of("role"), 7), AuthCodec.user(key, record));
    assertEquals(new User("alice", "hash", false, List.of("role"), 0), AuthCodec.user(key, older));
  }

  @Test
  void everythingIsReadBackFromItsBucket() {
    store.addRole("role");
    store.grantPermission("role", permission("a", "\0", AccessKind.READ_WRITE));
    store.grantPermission("role", permission("a", "", AccessKind.READ));
    store.grantPermission("role", permission("a", "b", AccessKind.WRITE));
    store.addUser("ülrike", "hash", false);
    store.addUser("certified", "", true);
    store.grantRole("ülrike", "role");
    enable();

    AuthStore again = new AuthStore(backend.bucket(AuthStore.BUCKET));
    assertTrue(again.state().isEnabled());
    assertEquals(store.state().revision(), again.state().revision());
    assertEquals(store.state().users(), again.state().users());
    assertEquals(store.state().roles(), again.state().roles());

    store.deleteUser("certified");
    store.deleteRole("role");
    again.load(backend.bucket(AuthStore.BUCKET));
    assertEquals(store.state().users(), again.state().users());
    assertEquals(store.state().roles(), again.state().roles());
  }

  private void enable() {
    store.addUser("root", "hash", false);
    store.grantRole("root", "root");
    store.enable();
  }

  private void check(String user, String key, String rangeEnd, AccessKind kind) {
    store.state().checkKeys(signedIn(user), range(key, rangeEnd), kind);
  }

  private Caller signedIn(String user) {
    return new Caller.SignedIn(user, store.state().revision());
  }

  private static Permission permission(String key, String rangeEnd, AccessKind kind) {
    return new Permission(range(key, rangeEnd), kind);
  }

  private static KeyRange range(String key, String rangeEnd) {
    return KeyRange.of(
        key.getBytes(StandardCharsets.UTF_8), rangeEnd.getBytes(StandardCharsets.UTF_8));
  }

  private static void refused(EtcdError error, Executable action) {
    assertEquals(error, assertThrows(StoreException.class, action).error());
  }
}
