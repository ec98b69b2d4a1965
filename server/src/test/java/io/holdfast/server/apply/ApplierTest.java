package io.holdfast.server.apply;

import static io.holdfast.server.apply.StateFixture.bytes;
import static io.holdfast.server.apply.StateFixture.entry;
import static io.holdfast.server.apply.StateFixture.single;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.apply.codec.CommandCodec;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.IndeterminateException;
import io.holdfast.server.error.InvariantViolation;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.lease.LeaseCheckpoint;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.node.PreparedState;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.membership.ConfChange;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.membership.LoggedConfChange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From committed entries to state and answers. */
class ApplierTest {

  @TempDir Path directory;
  private StateFixture state;
  private final CountingFormat format = new CountingFormat();

  @BeforeEach
  void open() {
    state = new StateFixture(directory, format);
  }

  @AfterEach
  void close() {
    state.close();
  }

  @Test
  void skipsWhatIsAppliedAlready() {
    Entry first = remoteEntry(1, put("a", "1"));
    Entry second = remoteEntry(2, put("a", "2"));
    state.applier.apply(List.of(first, second));
    state.applier.apply(List.of(first, second, remoteEntry(3, put("a", "3"))));
    assertEquals("3", state.value("a"));
    assertEquals(3, state.get("a").orElseThrow().version());
    assertEquals(3, state.applier.appliedIndex());
    assertEquals(4, state.revision());
  }

  @Test
  void refusesAGapInTheLog() {
    state.applier.apply(List.of(remoteEntry(1, put("a", "1"))));
    List<Entry> gap = List.of(remoteEntry(3, put("a", "3")));
    assertThrows(InvariantViolation.class, () -> state.applier.apply(gap));
  }

  @Test
  void refusesMalformedEntries() {
    List<Entry> malformed = List.of(entry(1, new byte[] {1, 2, 3}));
    assertThrows(InvariantViolation.class, () -> state.applier.apply(malformed));
  }

  @Test
  void passesOverEntriesThatAreNotCommands() {
    LoggedConfChange leavesJoint =
        new LoggedConfChange(ConfChange.LEAVE_JOINT, ConfState.ofVoters(List.of(1L)));
    state.applier.apply(
        List.of(
            new Entry(1, 3, EntryType.NORMAL, new byte[0]),
            new Entry(2, 3, EntryType.CONFIG_CHANGE, leavesJoint.encode())));
    assertEquals(2, state.applier.appliedIndex());
    assertEquals(3, state.applier.appliedTerm());
    assertEquals(1, state.revision());
  }

  @Test
  void decodesOnlyWhatWasProposedElsewhere() {
    state.put("a", "1");
    assertEquals(0, format.decoded);
    state.applier.apply(List.of(remoteEntry(2, put("a", "2"))));
    assertEquals(1, format.decoded);
    assertEquals("2", state.value("a"));
  }

  @Test
  void believesTheEntryWhenAnotherRequestHasTheSameId() {
    PendingRequests.Pending local = state.pending.register(put("a", "mine"), Long.MAX_VALUE);
    byte[] foreign = new CommandCodec().encode(local.id(), put("a", "theirs"));
    state.applier.apply(List.of(entry(1, foreign)));
    assertEquals("theirs", state.value("a"));
    assertFalse(local.result().isDone());
    state.applier.apply(List.of(entry(2, local.entry())));
    assertEquals("mine", state.value("a"));
    assertEquals(3, local.result().join().revision());
  }

  @Test
  void answersABatchInOrderAndBeforeItsListeners() {
    List<String> told = new ArrayList<>();
    List<Entry> batch = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      PendingRequests.Pending request = state.pending.register(put("k" + i, "v"), Long.MAX_VALUE);
      request.result().thenAccept(result -> told.add("answer " + result.revision()));
      batch.add(entry(i, request.entry()));
    }
    state.applier.addListener(revision -> told.add("batch " + revision));
    state.applier.apply(batch);
    assertEquals(List.of("answer 2", "answer 3", "answer 4", "batch 4"), told);
    assertEquals(0, state.pending.size());
  }

  @Test
  void refusalsAreAnswersAndChangeNothing() {
    assertEquals(EtcdError.FUTURE_REVISION, state.refusal(new Command.Compact(7, false)).error());
    assertEquals(EtcdError.LEASE_NOT_FOUND, state.refusal(new Command.LeaseRevoke(7)).error());
    state.run(new Command.LeaseGrant(7, 60));
    assertEquals(
        EtcdError.LEASE_ALREADY_EXISTS, state.refusal(new Command.LeaseGrant(7, 60)).error());
    assertEquals(1, state.revision());
    assertEquals(4, state.applier.appliedIndex());
  }

  @Test
  void survivesTheProcessUpToTheLastCommit() {
    state.found(MemberRecord.added(5, List.of("http://p:1"), false));
    state.run(new Command.LeaseGrant(7, 60));
    state.put("a", "1", 7);
    state.run(new Command.LeaseCheckpoints(List.of(new LeaseCheckpoint(7, 30))));
    state.run(new Command.MemberAttributes(5, "m5", List.of("http://a:1", "http://b:2")));
    state.applier.commit();
    state.put("b", "lost");
    state.run(new Command.LeaseGrant(8, 60));
    state.close();
    state = new StateFixture(directory, format);
    assertEquals(5, state.applier.appliedIndex());
    assertEquals(1, state.applier.appliedTerm());
    assertEquals("1", state.value("a"));
    assertEquals("-", state.value("b"));
    assertEquals(List.of(7L), state.lessor.leases());
    assertEquals(List.of(Key.of("a")), state.lessor.keysToRevoke(7));
    MemberRecord member = state.applier.members().membership().members().get(5L);
    assertEquals("m5", member.name());
    assertEquals(List.of("http://a:1", "http://b:2"), member.clientUrls());
    assertEquals(3, state.run(put("b", "again")).revision());
  }

  @Test
  void syncTellsWhatIsDurable() {
    state.put("a", "1");
    state.applier.commit();
    state.put("a", "2");
    assertEquals(1, state.applier.sync());
  }

  @Test
  void aRevokedLeaseTakesItsKeysInOneRevision() {
    state.run(new Command.LeaseGrant(7, 60));
    state.put("b", "1", 7);
    state.put("a", "1", 7);
    state.put("c", "1", 7);
    state.put("c", "no lease any more");
    state.delete(single("b"));
    state.put("b", "1", 7);
    CommandResult.LeaseRevoke revoked = state.run(new Command.LeaseRevoke(7));
    assertEquals(8, state.revision());
    assertEquals(8, revoked.revision());
    assertEquals("-", state.value("a"));
    assertEquals("-", state.value("b"));
    assertEquals("no lease any more", state.value("c"));
    assertTrue(state.lessor.leases().isEmpty());
    assertFalse(state.lessor.hasAttachments());
  }

  @Test
  void aPhysicalCompactionIsAnsweredWhenTheRecordsAreGone() {
    for (int i = 0; i < 3000; i++) {
      state.put("k", "v" + i);
    }
    PendingRequests.Pending request =
        state.pending.register(new Command.Compact(3001, true), Long.MAX_VALUE);
    state.applier.apply(List.of(entry(3001, request.entry())));
    int steps = 0;
    while (!request.result().isDone()) {
      assertTrue(state.applier.store().isCompacting());
      state.applier.maintain();
      assertTrue(++steps < 10_000, "the removal never ends");
    }
    assertFalse(state.applier.store().isCompacting());
    assertEquals(3001, request.result().join().revision());
  }

  @Test
  void tellsListenersBeforeACompactionWhatItWouldHide() {
    state.put("a", "1");
    List<Long> told = new ArrayList<>();
    state.applier.addListener(
        revision -> {
          told.add(revision);
          assertEquals(told.size() == 1 ? -1 : 3, state.applier.store().compactRevision());
        });
    state.applier.apply(
        List.of(
            remoteEntry(2, put("a", "2")),
            remoteEntry(3, new Command.Compact(3, false)),
            remoteEntry(4, put("a", "3"))));
    assertEquals(List.of(3L, 4L), told);
  }

  @Test
  void aSnapshotCarriesTheWholeState() throws IOException {
    fillForSnapshot();
    MemorySnapshot file = new MemorySnapshot(state.applier);
    state.put("late", "not in it");
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    try (StateFixture other = new StateFixture(elsewhere)) {
      other.put("old", "goes");
      other.run(new Command.LeaseGrant(1, 60));
      List<String> told = new ArrayList<>();
      other.applier.addListener(new RecordingListener(told));
      PreparedState prepared = other.applier.prepare(file);
      other.put("old", "still served and written while the new state is loaded");
      assertEquals(List.of(1L), other.lessor.leases());
      told.clear();
      other.applier.install(prepared);
      assertEquals(List.of("replaced " + other.revision()), told);
      assertEquals(file.metadata().index(), other.applier.appliedIndex());
      assertEquals("-", other.value("old"));
      assertEquals("-", other.value("late"));
      assertEquals(List.of(7L), other.lessor.leases());
      assertEquals(List.of(Key.of("leased")), other.lessor.keysToRevoke(7));
      assertEquals("m5", other.applier.members().membership().members().get(5L).name());
      long revision = other.revision();
      assertEquals(
          state.applier.store().hashKv(revision).hash(),
          other.applier.store().hashKv(revision).hash());
      other.put("new", "goes on");
      assertEquals(revision + 1, other.revision());
    }
  }

  @Test
  void anUnreadableSnapshotLeavesTheStateAlone() {
    fillForSnapshot();
    MemorySnapshot file = new MemorySnapshot(state.applier);
    file.failAfter = 2;
    assertThrows(IOException.class, () -> state.applier.prepare(file));
    assertEquals("v", state.value("leased"));
    state.put("still", "open");
    assertEquals("open", state.value("still"));
  }

  @Test
  void requestsAreGivenUpAfterTheirTime() {
    PendingRequests.Pending request = state.pending.register(put("a", "1"), 5_000);
    PendingRequests.Pending later = state.pending.register(put("b", "1"), 6_000);
    state.pending.expire(4_999);
    assertFalse(request.result().isDone());
    state.pending.expire(5_000);
    assertInstanceOfCause(IndeterminateException.class, request.result());
    assertFalse(later.result().isDone());
    state.applier.apply(List.of(entry(1, request.entry()), entry(2, later.entry())));
    assertEquals("1", state.value("a"));
    assertEquals(3, later.result().join().revision());
  }

  @Test
  void boundsHowManyRequestsWait() {
    PendingRequests few = new PendingRequests(format, 1, 0, 2);
    PendingRequests.Pending first = few.register(put("a", "1"), 0);
    PendingRequests.Pending second = few.register(put("a", "1"), 0);
    assertEquals(first.id() + 1, second.id());
    StoreException refused =
        assertThrows(StoreException.class, () -> few.register(put("a", "1"), 0));
    assertEquals(EtcdError.TOO_MANY_REQUESTS, refused.error());
    few.failAll(EtcdError.SERVER_STOPPED);
    assertInstanceOfCause(IndeterminateException.class, first.result());
    few.register(put("a", "1"), 0);
    assertEquals(1, few.size());
  }

  private void fillForSnapshot() {
    state.found(MemberRecord.added(5, List.of("http://p:1"), false));
    for (int i = 0; i < 50; i++) {
      state.put("k" + i % 20, "v" + i);
    }
    state.run(new Command.LeaseGrant(7, 60));
    state.put("leased", "v", 7);
    state.delete(KeyRange.prefix("k1"));
    state.run(new Command.Compact(30, false));
    state.run(new Command.MemberAttributes(5, "m5", List.of("http://a:1")));
  }

  private Entry remoteEntry(long index, Command command) {
    return entry(index, new CommandCodec().encode(1_000_000 + index, command));
  }

  private static Command.Put put(String key, String value) {
    return Command.Put.of(Key.of(key), bytes(value));
  }

  private static void assertInstanceOfCause(
      Class<? extends Throwable> expected, CompletableFuture<?> future) {
    assertEquals(
        expected, assertThrows(CompletionException.class, future::join).getCause().getClass());
  }

  private record RecordingListener(List<String> told) implements AppliedListener {
    @Override
    public void batchApplied(long revision) {
      told.add("batch " + revision);
    }

    @Override
    public void stateReplaced(MvccStore store) {
      told.add("replaced " + store.currentRevision());
    }
  }

  /** The real format, counting how often it decodes. */
  private static final class CountingFormat implements CommandFormat {
    private final CommandCodec codec = new CommandCodec();
    private int decoded;

    @Override
    public byte[] encode(long requestId, Caller caller, Command command) {
      return codec.encode(requestId, caller, command);
    }

    @Override
    public Caller caller(byte[] entry) {
      return codec.caller(entry);
    }

    @Override
    public long requestId(byte[] entry) {
      return codec.requestId(entry);
    }

    @Override
    public Command decode(byte[] entry) {
      decoded++;
      return codec.decode(entry);
    }
  }
}
