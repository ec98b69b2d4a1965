package io.holdfast.server.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.message.AppendEntries;
import io.holdfast.server.raft.message.AppendEntriesResponse;
import io.holdfast.server.raft.message.Heartbeat;
import io.holdfast.server.raft.message.Message;
import io.holdfast.server.raft.message.RepairPoint;
import io.holdfast.server.raft.message.RequestPreVote;
import io.holdfast.server.raft.message.RequestPreVoteResponse;
import io.holdfast.server.raft.message.RequestRepair;
import io.holdfast.server.raft.message.RequestVote;
import io.holdfast.server.raft.message.RequestVoteResponse;
import io.holdfast.server.raft.message.TimeoutNow;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The way back of a member whose log was lost, message by message. */
class RepairTest {
  private static final long TERM = 5;
  private static final ConfState THREE = ConfState.ofVoters(List.of(1L, 2L, 3L));

  /** Member 1 has lost its log and knows its term and vote. */
  private final RaftCore core =
      new RaftCore(
          config(1),
          new Restored(
              new HardState(TERM, 2, 0), SnapshotMetadata.initial(THREE), List.of(), 0, true));

  @Test
  void grantsNoVoteAndNeverStands() {
    for (int i = 0; i < 100; i++) {
      assertEquals(Role.FOLLOWER, core.step(Input.Tick.INSTANCE).status().role());
    }
    assertFalse(granted(receive(new RequestPreVote(3, 1, TERM + 1, 99, TERM))));
    assertFalse(granted(receive(new RequestVote(3, 1, TERM + 1, 99, TERM, false))));
    receive(new Heartbeat(3, 1, TERM + 1, 0, 0));
    receive(new TimeoutNow(3, 1, TERM + 1));
    assertEquals(Role.FOLLOWER, core.status().role());
    assertTrue(core.status().repairing());
  }

  @Test
  void leadersOfOlderTermsDoNotRepairIt() {
    assertEquals(0, receive(append(TERM - 1, 0, 0)).status().leaderId());
    assertEquals(TERM, core.status().term());
  }

  @Test
  void aCommitIndexThatCountsOnWhatIsLostIsIgnored() {
    Ready ready = receive(new Heartbeat(2, 1, TERM, 40, 0));
    assertEquals(0, ready.status().commitIndex());
  }

  @Test
  void endsWhenTheLogIsDurableUpToTheLeadersLastIndex() {
    receive(append(TERM, 0, 0));
    RequestRepair request = request(core.step(Input.Tick.INSTANCE));
    assertEquals(0, request.lastIndex());
    receive(new RepairPoint(2, 1, TERM, request.attempt(), 2));
    Ready half = receive(append(TERM, 0, 1));
    core.step(half.persisted().orElseThrow());
    assertTrue(core.status().repairing(), "one entry of two");
    Ready whole = receive(append(TERM, 1, 2));
    assertTrue(whole.status().repairing(), "not yet durable");
    assertFalse(core.step(whole.persisted().orElseThrow()).status().repairing());
    for (int i = 0; i < 30 && core.status().role() == Role.FOLLOWER; i++) {
      core.step(Input.Tick.INSTANCE);
    }
    assertEquals(Role.CANDIDATE, core.status().role(), "it stands like any other again");
  }

  @Test
  void answersToAnEarlierRunOrOfAnEarlierTermDoNotCount() {
    receive(append(TERM, 0, 0));
    RequestRepair request = request(core.step(Input.Tick.INSTANCE));
    receive(new RepairPoint(2, 1, TERM, request.attempt() + 4, 1));
    Ready ready = receive(append(TERM, 0, 1));
    assertTrue(core.step(ready.persisted().orElseThrow()).status().repairing());
    receive(new RepairPoint(2, 1, TERM, request.attempt(), 2));
    receive(
        new AppendEntries(
            3, 1, TERM + 1, 1, TERM, List.of(entry(2, TERM + 1), entry(3, TERM + 1)), 0));
    assertTrue(core.status().repairing(), "another leader has to say anew how far it goes");
  }

  @Test
  void aLeaderNamesItsLastIndexThoughItIsNotCommittedAndForgetsWhatItCountedOn() {
    RaftCore leader =
        new RaftCore(
            config(1),
            new Restored(HardState.INITIAL, SnapshotMetadata.initial(THREE), List.of(), 0));
    for (int i = 0; i < 20; i++) {
      leader.step(Input.Tick.INSTANCE);
    }
    long term = leader.status().term();
    step(leader, new RequestVoteResponse(2, 1, term, true));
    step(leader, new AppendEntriesResponse(2, 1, term, 1, false, 0, 0));
    leader.step(new Input.Propose(List.of(new byte[1], new byte[1])));
    Ready ready = step(leader, new RequestRepair(2, 1, term, 77, 0));
    assertTrue(ready.messages().toString().contains("index=3"), ready.messages().toString());
    RepairPoint point =
        (RepairPoint)
            ready.messages().stream()
                .map(Outgoing::message)
                .filter(RepairPoint.class::isInstance)
                .findFirst()
                .orElseThrow();
    assertEquals(new RepairPoint(1, 2, term, 77, 3), point);
    assertTrue(leader.status().commitIndex() < 3);
    assertTrue(leader.describeProgress().get(1).contains("match=0"));
  }

  private static AppendEntries append(long term, long previous, long last) {
    List<Entry> entries = new ArrayList<>();
    for (long index = previous + 1; index <= last; index++) {
      entries.add(entry(index, term));
    }
    return new AppendEntries(2, 1, term, previous, previous == 0 ? 0 : term, entries, 0);
  }

  private static Entry entry(long index, long term) {
    return new Entry(index, term, EntryType.NORMAL, new byte[] {1});
  }

  private Ready receive(Message message) {
    return step(core, message);
  }

  private static Ready step(RaftCore core, Message message) {
    return core.step(new Input.Receive(message));
  }

  private static RequestRepair request(Ready ready) {
    Optional<Message> found =
        ready.messages().stream()
            .map(Outgoing::message)
            .filter(RequestRepair.class::isInstance)
            .findFirst();
    return (RequestRepair) found.orElseThrow();
  }

  private static boolean granted(Ready ready) {
    for (Outgoing outgoing : ready.messages()) {
      if (outgoing.message() instanceof RequestVoteResponse vote) {
        return vote.granted();
      } else if (outgoing.message() instanceof RequestPreVoteResponse vote) {
        return vote.granted();
      }
    }
    return false;
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
}
