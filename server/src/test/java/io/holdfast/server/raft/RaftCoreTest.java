package io.holdfast.server.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.message.AppendEntries;
import io.holdfast.server.raft.message.AppendEntriesResponse;
import io.holdfast.server.raft.message.Heartbeat;
import io.holdfast.server.raft.message.Message;
import io.holdfast.server.raft.message.RequestVote;
import io.holdfast.server.raft.message.RequestVoteResponse;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a caller of the core relies on; how members play together is told by the scenarios. */
class RaftCoreTest {
  @Test
  void aStepThatChangesNothingCostsNothing() {
    RaftCore core = core(1, 1L, 2L, 3L);
    Ready first = core.step(Input.Tick.INSTANCE);
    assertTrue(first.isEmpty());
    assertSame(first, core.step(Input.Tick.INSTANCE));
  }

  @Test
  void aVoteIsWrittenBeforeItLeaves() {
    RaftCore core = core(1, 1L, 2L, 3L);
    Ready ready = receive(core, new RequestVote(2, 1, 5, 0, 0, false));
    assertEquals(Optional.of(new HardState(5, 2, 0)), ready.hardState());
    assertTrue(ready.syncRequired());
    Outgoing answer = ready.messages().get(0);
    assertEquals(new RequestVoteResponse(1, 2, 5, true), answer.message());
    assertTrue(answer.afterPersist());
    Ready other = receive(core, new RequestVote(3, 1, 5, 9, 5, false));
    assertEquals(new RequestVoteResponse(1, 3, 5, false), other.messages().get(0).message());
  }

  @Test
  void anAcknowledgementWaitsForTheDiskAndNamesWhatToAttest() {
    RaftCore core = core(1, 1L, 2L, 3L);
    Entry entry = new Entry(1, 4, EntryType.NORMAL, new byte[] {1});
    Ready ready = receive(core, new AppendEntries(2, 1, 4, 0, 0, List.of(entry), 1));
    assertEquals(List.of(entry), ready.entries());
    assertEquals(Optional.of(new Input.Persisted(4, 1, 4)), ready.persisted());
    assertTrue(ready.messages().get(0).afterPersist());
    assertTrue(ready.committedEntries().isEmpty(), "committed, but not durable here");
    Ready durable = core.step(ready.persisted().get());
    assertEquals(List.of(entry), durable.committedEntries());
    assertFalse(durable.syncRequired());
  }

  @Test
  void messagesForOthersAreIgnored() {
    RaftCore core = core(1, 1L, 2L, 3L);
    assertTrue(receive(core, new Heartbeat(2, 3, 9, 0, 0)).isEmpty());
    assertEquals(0, core.status().term());
  }

  @Test
  void responsesOfStrangersDoNotCount() {
    RaftCore core = core(1, 1L);
    core.step(core.step(Input.Tick.INSTANCE).persisted().get());
    assertTrue(core.status().isLeader());
    assertTrue(receive(core, new AppendEntriesResponse(9, 1, 1, 1, false, 0, 0)).isEmpty());
    assertEquals(0, core.status().commitIndex());
  }

  @Test
  void aLoneVoterLeadsOnlyOnceItsVoteIsDurable() {
    RaftCore core = core(1, 1L);
    Ready stands = core.step(Input.Tick.INSTANCE);
    assertEquals(Optional.of(new HardState(1, 1, 0)), stands.hardState());
    assertEquals(Role.CANDIDATE, core.status().role());
    for (int i = 0; i < 50; i++) {
      assertTrue(core.step(Input.Tick.INSTANCE).isEmpty(), "it waits for its disk");
    }
    Ready leads = core.step(stands.persisted().get());
    assertEquals(Role.LEADER, core.status().role());
    assertEquals(1, core.status().term());
    assertEquals(1, leads.entries().size());
  }

  @Test
  void twoLeadersInOneTermEndTheCore() {
    RaftCore core = core(1, 1L, 2L, 3L);
    receive(core, new Heartbeat(2, 1, 4, 0, 0));
    RaftInvariantError error =
        assertThrows(RaftInvariantError.class, () -> receive(core, new Heartbeat(3, 1, 4, 0, 0)));
    assertEquals("election safety", error.invariant());
  }

  @Test
  void aPeerThatAcknowledgesWhatIsNotThereEndsTheCore() {
    RaftCore core = core(1, 1L, 2L);
    for (int i = 0; i < 20; i++) {
      core.step(Input.Tick.INSTANCE);
    }
    long term = core.status().term();
    receive(core, new RequestVoteResponse(2, 1, term, true));
    assertTrue(core.status().isLeader());
    RaftInvariantError error =
        assertThrows(
            RaftInvariantError.class,
            () -> receive(core, new AppendEntriesResponse(2, 1, term, 99, false, 0, 0)));
    assertEquals("log matching", error.invariant());
  }

  @Test
  void aSnapshotAheadOfWhatIsAppliedEndsTheCore() {
    RaftCore core = core(1, 1L);
    SnapshotMetadata snapshot = new SnapshotMetadata(3, 1, ConfState.ofVoters(List.of(1L)));
    assertThrows(RaftInvariantError.class, () -> core.step(new Input.SnapshotSaved(snapshot, 4)));
  }

  @Test
  void aTermThatOnlyTheLogRemembersIsKept() {
    Entry entry = new Entry(1, 7, EntryType.NORMAL, new byte[] {1});
    RaftCore core =
        new RaftCore(
            config(1),
            new Restored(
                new HardState(6, 2, 0),
                SnapshotMetadata.initial(ConfState.ofVoters(List.of(1L, 2L, 3L))),
                List.of(entry),
                0));
    assertEquals(7, core.status().term());
    Ready ready = receive(core, new RequestVote(3, 1, 7, 1, 7, false));
    assertEquals(Optional.of(new HardState(7, 3, 0)), ready.hardState());
  }

  @Test
  void settingsThatCannotWorkAreRefused() {
    RandomSource random = bound -> 0;
    assertThrows(IllegalArgumentException.class, () -> RaftConfig.defaults(0, random));
    assertThrows(
        IllegalArgumentException.class, () -> RaftConfig.defaults(1, random).withTicks(3, 3));
    assertThrows(
        IllegalArgumentException.class, () -> RaftConfig.defaults(1, random).withTicks(3, 0));
    assertThrows(
        IllegalArgumentException.class,
        () -> core(1, 1L).step(new Input.Propose(List.of())),
        "a proposal of nothing");
  }

  private static Ready receive(RaftCore core, Message message) {
    return core.step(new Input.Receive(message));
  }

  private static RaftConfig config(long id) {
    RaftConfig defaults = RaftConfig.defaults(id, bound -> 0);
    return new RaftConfig(
        id,
        defaults.electionTimeoutTicks(),
        defaults.heartbeatTicks(),
        defaults.inflightMessagesMax(),
        defaults.inflightBytesMax(),
        defaults.appendBytesMax(),
        defaults.uncommittedBytesMax(),
        defaults.pendingReadsMax(),
        false,
        true,
        bound -> 0);
  }

  private static RaftCore core(long id, Long... voters) {
    return new RaftCore(
        config(id),
        new Restored(
            HardState.INITIAL,
            SnapshotMetadata.initial(ConfState.ofVoters(List.of(voters))),
            List.of(),
            0));
  }
}
