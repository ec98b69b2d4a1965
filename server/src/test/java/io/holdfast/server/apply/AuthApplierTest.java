package io.holdfast.server.apply;

import static io.holdfast.server.apply.StateFixture.bytes;
import static io.holdfast.server.apply.StateFixture.single;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.alarm.AlarmType;
import io.holdfast.server.apply.codec.CommandCodec;
import io.holdfast.server.auth.AccessKind;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.auth.Permission;
import io.holdfast.server.auth.Token;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.lease.LeaseCheckpoint;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.RangeQuery;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the state machine allows whom: the answer that counts, whatever was checked before. */
class AuthApplierTest {
  private static final String ALICE = "alice";

  @TempDir Path directory;
  private StateFixture state;

  @BeforeEach
  void open() {
    state = new StateFixture(directory);
    state.run(new Command.UserAdd("root", "hash", false));
    state.run(new Command.UserGrantRole("root", "root"));
    state.run(new Command.UserAdd(ALICE, "hash", false));
    state.run(new Command.RoleAdd("own"));
    grant("own", "mine", "", AccessKind.READ_WRITE);
    grant("own", "told", "", AccessKind.WRITE);
    grant("own", "shown", "", AccessKind.READ);
    state.run(new Command.UserGrantRole(ALICE, "own"));
    state.put("secret", "1");
    state.run(new Command.AuthEnable());
  }

  @AfterEach
  void close() {
    state.close();
  }

  @Test
  void keysAreWrittenByWhoMayWriteThem() {
    state.run(alice(), put("mine"));
    state.run(alice(), put("told"));
    denied(put("shown"));
    denied(put("secret"));
    denied(new Command.DeleteRange(single("secret"), false));
    denied(new Command.DeleteRange(range("mine", "mineZ"), false));
    state.run(root(), put("secret"));
    assertEquals(
        EtcdError.USER_NAME_IS_EMPTY, state.refusal(Caller.ANONYMOUS, put("mine")).error());
  }

  @Test
  void whatWasThereBeforeIsToldToReadersOnly() {
    state.run(alice(), new Command.Put(Key.of("mine"), bytes("x"), 0, true, false, false));
    Command.Put told = new Command.Put(Key.of("told"), bytes("x"), 0, true, false, false);
    denied(told);
    denied(new Command.DeleteRange(single("told"), true));
    denied(txn(List.of(), told));
    denied(txn(List.of(), new Command.DeleteRange(single("told"), true)));
    state.run(alice(), new Command.DeleteRange(single("told"), false));
  }

  @Test
  void nothingForbiddenIsHiddenInATransaction() {
    List<Operation> forbidden =
        List.of(
            put("secret"),
            new Command.DeleteRange(single("secret"), false),
            new Operation.Range(RangeQuery.of(single("secret")), false),
            new Operation.Range(RangeQuery.of(KeyRange.fromKey(bytes("mine"))), false));
    for (Operation operation : forbidden) {
      for (int depth = 1; depth <= 5; depth++) {
        denied(nested(operation, depth, true));
        denied(nested(operation, depth, false));
      }
    }
    Compare spying = Compare.value(single("secret"), Compare.Relation.EQUAL, bytes("1"));
    denied(txn(List.of(spying), put("mine")));
    denied(new Command.Txn(List.of(), List.of(txn(List.of(spying), put("mine"))), List.of()));
    assertEquals("1", state.value("secret"));
    state.run(alice(), nested(put("mine"), 5, true));
  }

  @Test
  void aSnapshotBringsItsUsersAndEndsTheTokensOfOthers() throws IOException {
    try (StateFixture other = new StateFixture(Files.createDirectory(directory.resolve("other")))) {
      other.run(new Command.UserAdd("root", "hash", false));
      other.run(new Command.UserGrantRole("root", "root"));
      other.run(new Command.UserAdd(ALICE, "hash", false));
      other.run(new Command.UserAdd("mallory", "hash", false));
      other.run(new Command.AuthEnable());
      byte[] digest = Token.digest("secret");
      CommandResult.Authenticate signedIn =
          other.run(new Command.Authenticate(ALICE, digest, other.applier.auth().revision()));
      byte[] token = Token.key(digest, signedIn.index());
      assertEquals(Optional.of(ALICE), other.tokens.use(token, other.nowNanos));
      other.applier.install(other.applier.prepare(new MemorySnapshot(state.applier)));
      assertEquals(Optional.empty(), other.tokens.use(token, other.nowNanos));
      assertEquals(List.of(ALICE, "root"), List.copyOf(other.applier.auth().users().keySet()));
      assertEquals(EtcdError.PERMISSION_DENIED, other.refusal(alice(), put("secret")).error());
      other.run(alice(), put("mine"));
    }
  }

  @Test
  void aLeaseBelongsToWhoMayWriteAllItsKeys() {
    state.run(alice(), new Command.LeaseGrant(7, 60));
    state.run(root(), new Command.Put(Key.of("secret"), bytes("1"), 7, false, false, false));
    denied(new Command.LeaseRevoke(7));
    Command.Put attaching = new Command.Put(Key.of("mine"), bytes("x"), 7, false, false, false);
    denied(attaching);
    denied(nested(attaching, 3, true));
    assertEquals("1", state.value("secret"));

    state.run(alice(), new Command.LeaseGrant(8, 60));
    state.run(alice(), new Command.Put(Key.of("mine"), bytes("x"), 8, false, false, false));
    state.run(alice(), new Command.LeaseRevoke(8));
    assertEquals("-", state.value("mine"));
    assertEquals(
        EtcdError.LEASE_NOT_FOUND, state.refusal(alice(), new Command.LeaseRevoke(8)).error());
    // What ends by its time ends, whoever owns the keys.
    state.run(new Command.LeaseRevoke(7));
    assertEquals("-", state.value("secret"));
  }

  @Test
  void whatWasAdmittedByOlderPermissionsIsRefused() {
    Caller before = alice();
    Caller rootBefore = root();
    state.run(root(), new Command.RoleRevokePermission("own", single("mine")));
    assertEquals(EtcdError.AUTH_REVISION_OLD, state.refusal(before, put("mine")).error());
    assertEquals(EtcdError.AUTH_REVISION_OLD, state.refusal(rootBefore, put("mine")).error());
    denied(put("mine"));
  }

  @Test
  void onlyRootManages() {
    for (Command command :
        List.<Command>of(
            new Command.AuthEnable(),
            new Command.AuthDisable(),
            new Command.UserAdd("eve", "hash", false),
            new Command.UserDelete(ALICE),
            new Command.UserChangePassword("root", "other"),
            new Command.UserGrantRole(ALICE, "root"),
            new Command.UserRevokeRole(ALICE, "own"),
            new Command.RoleAdd("more"),
            new Command.RoleDelete("own"),
            new Command.RoleGrantPermission(
                "own", new Permission(KeyRange.all(), AccessKind.READ_WRITE)),
            new Command.RoleRevokePermission("own", single("mine")),
            new Command.Compact(2, false),
            new Command.SetAlarm(new Alarm(AlarmType.NO_SPACE, 7), true),
            new Command.SetDowngrade(Optional.of("3.5.0")),
            new Command.LeaseCheckpoints(List.of(new LeaseCheckpoint(7, 1))),
            new Command.MemberAttributes(7, "evil", List.of()))) {
      denied(command);
      assertEquals(
          EtcdError.USER_NAME_IS_EMPTY,
          state.refusal(Caller.ANONYMOUS, command).error(),
          command::toString);
    }
    state.run(root(), new Command.Compact(2, false));
  }

  @Test
  void tokensAreAssignedToCheckedPasswordsAndDieWithThem() {
    byte[] digest = Token.digest("secret");
    long index = signIn(ALICE, digest);
    Token token = new Token("secret", index);
    assertEquals(Optional.of(ALICE), use(token));
    assertEquals(Optional.empty(), use(new Token("secret", index + 1)));
    assertEquals(Optional.empty(), use(new Token("secreT", index)));

    state.run(root(), new Command.UserChangePassword(ALICE, "other"));
    assertEquals(Optional.empty(), use(token));
    token = new Token("secret", signIn(ALICE, digest));
    state.run(root(), new Command.UserDelete(ALICE));
    assertEquals(Optional.empty(), use(token));
    token = new Token("secret", signIn("root", digest));
    state.run(root(), new Command.AuthDisable());
    assertEquals(Optional.empty(), use(token));
  }

  @Test
  void nobodySignsInWithoutAPasswordOrByAnOldOne() {
    state.run(root(), new Command.UserAdd("certified", "", true));
    byte[] digest = Token.digest("secret");
    long revision = state.applier.auth().revision();
    for (String user : List.of("certified", "nobody")) {
      assertEquals(
          EtcdError.AUTHENTICATION_FAILED,
          state.refusal(new Command.Authenticate(user, digest, revision)).error());
    }
    assertEquals(
        EtcdError.AUTH_REVISION_OLD,
        state.refusal(new Command.Authenticate(ALICE, digest, revision - 1)).error());
    state.run(root(), new Command.AuthDisable());
    assertEquals(
        EtcdError.AUTHENTICATION_IS_NOT_ENABLED,
        state.refusal(new Command.Authenticate(ALICE, digest, revision + 1)).error());
    assertEquals(0, state.tokens.size());
  }

  @Test
  void everyCommandComesBackFromTheLogWithItsCaller() {
    CommandCodec codec = new CommandCodec();
    for (Caller caller :
        List.of(Caller.ANONYMOUS, Caller.CLUSTER, new Caller.SignedIn("ülrike", 42))) {
      assertEquals(caller, codec.caller(codec.encode(9, caller, put("a"))));
    }
    for (Command command :
        List.<Command>of(
            new Command.AuthEnable(),
            new Command.AuthDisable(),
            new Command.UserAdd("a", "$2a$10$hash", false),
            new Command.UserAdd("a", "", true),
            new Command.UserDelete("a"),
            new Command.UserChangePassword("a", "$2a$10$hash"),
            new Command.UserGrantRole("a", "r"),
            new Command.UserRevokeRole("a", "r"),
            new Command.RoleAdd("r"),
            new Command.RoleDelete("r"),
            new Command.RoleGrantPermission("r", new Permission(KeyRange.all(), AccessKind.WRITE)),
            new Command.RoleGrantPermission("r", new Permission(single("k"), AccessKind.READ)),
            new Command.RoleRevokePermission("r", range("a", "b")))) {
      assertEquals(command, codec.decode(codec.encode(9, root(), command)));
    }
    Command.Authenticate signIn =
        (Command.Authenticate)
            codec.decode(codec.encode(9, new Command.Authenticate("a", new byte[] {1, 2}, 5)));
    assertEquals("a", signIn.user());
    assertEquals(5, signIn.checkedRevision());
    assertEquals(2, signIn.tokenDigest()[1]);
  }

  @Test
  void aRestartKnowsTheSame() {
    state.applier.commit();
    state.close();
    state = new StateFixture(directory);
    assertTrue(state.applier.auth().isEnabled());
    denied(put("secret"));
    state.run(alice(), put("mine"));
    assertFalse(state.applier.auth().users().isEmpty());
  }

  private long signIn(String user, byte[] digest) {
    CommandResult.Authenticate result =
        state.run(new Command.Authenticate(user, digest, state.applier.auth().revision()));
    return result.index();
  }

  private Optional<String> use(Token token) {
    return state.tokens.use(token.key(), state.nowNanos);
  }

  private void denied(Command command) {
    long revision = state.revision();
    assertEquals(
        EtcdError.PERMISSION_DENIED, state.refusal(alice(), command).error(), command::toString);
    assertEquals(revision, state.revision());
  }

  private Caller alice() {
    return new Caller.SignedIn(ALICE, state.applier.auth().revision());
  }

  private Caller root() {
    return new Caller.SignedIn("root", state.applier.auth().revision());
  }

  private void grant(String role, String key, String end, AccessKind kind) {
    state.run(new Command.RoleGrantPermission(role, new Permission(range(key, end), kind)));
  }

  private static Command.Txn nested(Operation operation, int depth, boolean success) {
    Command.Txn txn = null;
    Operation inner = operation;
    for (int level = 0; level < depth; level++) {
      // The branch is not the one that would be taken: it counts all the same.
      txn =
          success
              ? new Command.Txn(List.of(), List.of(inner), List.of())
              : new Command.Txn(List.of(), List.of(), List.of(inner));
      inner = txn;
    }
    return txn;
  }

  private static Command.Txn txn(List<Compare> compares, Operation operation) {
    return new Command.Txn(compares, List.of(operation), List.of());
  }

  private static Command.Put put(String key) {
    return Command.Put.of(Key.of(key), bytes("x"));
  }

  private static KeyRange range(String key, String end) {
    return KeyRange.of(key.getBytes(StandardCharsets.UTF_8), end.getBytes(StandardCharsets.UTF_8));
  }
}
