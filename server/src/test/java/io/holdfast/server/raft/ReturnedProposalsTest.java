package io.holdfast.server.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.message.AppendEntries;
import io.holdfast.server.raft.message.AppendEntriesResponse;
import io.holdfast.server.raft.message.CommitNotice;
import io.holdfast.server.raft.message.ForwardPropose;
import io.holdfast.server.raft.message.ForwardRefused;
import io.holdfast.server.raft.message.Heartbeat;
import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;
import io.holdfast.server.raft.message.RequestVoteResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Commands that a leader gives back to the follower who forwarded them, because it hands over. */
class ReturnedProposalsTest {
  private static final byte[] COMMAND = {7};

  @Test
  void theNextLeaderGetsWhatTheLastOneGaveBack() {
    RaftCore follower = core(1);
    receive(follower, new Heartbeat(2, 1, 4, 0, 0));
    ForwardPropose sent = forwarded(follower.step(new Input.Propose(List.of(COMMAND))));
    receive(follower, new Heartbeat(3, 1, 5, 0, 0));
    ForwardPropose again = forwarded(receive(follower, refusalOf(sent)));
    assertEquals(3, again.to());
    assertEquals(5, again.term());
    assertEquals(List.of(COMMAND), again.commands());
    assertTrue(receive(follower, refusalOf(sent)).isEmpty(), "given back twice");
  }

  @Test
  void whatComesBackBeforeTheNextLeaderWaitsForIt() {
    RaftCore follower = core(1);
    receive(follower, new Heartbeat(2, 1, 4, 0, 0));
    ForwardPropose sent = forwarded(follower.step(new Input.Propose(List.of(COMMAND))));
    assertTrue(receive(follower, refusalOf(sent)).isEmpty(), "the leader is the same still");
    assertEquals(3, forwarded(receive(follower, new Heartbeat(3, 1, 5, 0, 0))).to());
  }

  @Test
  void whatDiedWithItsLeaderGoesToTheNextOne() {
    RaftCore follower = core(1);
    receive(follower, new Heartbeat(2, 1, 4, 0, 0));
    List<byte[]> three = List.of(new byte[] {1}, new byte[] {2}, new byte[] {3});
    ForwardPropose sent = forwarded(follower.step(new Input.Propose(three)));
    receive(follower, new Heartbeat(3, 1, 5, 0, 0));
    List<Entry> logged =
        List.of(
            new Entry(1, 4, EntryType.NORMAL, three.get(1)),
            new Entry(2, 5, EntryType.NORMAL, new byte[0]));
    Ready appended = receive(follower, new AppendEntries(3, 1, 5, 0, 0, logged, 1));
    follower.step(appended.persisted().orElseThrow());
    Ready settled = receive(follower, new CommitNotice(3, 1, 5, 2));
    ForwardPropose again = forwarded(settled);
    assertEquals(3, again.to());
    assertEquals(List.of(three.get(0), three.get(2)), again.commands());
    assertTrue(receive(follower, refusalOf(sent)).isEmpty(), "given back, too");
  }

  @Test
  void whatMayYetBeCommittedIsNotProposedAgain() {
    RaftCore follower = core(1);
    receive(follower, new Heartbeat(2, 1, 4, 0, 0));
    forwarded(follower.step(new Input.Propose(List.of(COMMAND))));
    List<Entry> logged =
        List.of(
            new Entry(1, 4, EntryType.NORMAL, COMMAND),
            new Entry(2, 5, EntryType.NORMAL, new byte[0]));
    Ready appended = receive(follower, new AppendEntries(3, 1, 5, 0, 0, logged, 1));
    assertEquals(List.of(), proposals(appended), "the later term has committed nothing yet");
    follower.step(appended.persisted().orElseThrow());
    assertEquals(List.of(), proposals(receive(follower, new CommitNotice(3, 1, 5, 2))));
  }

  @Test
  void whatTheLogNoLongerTellsStaysUnknown() {
    RaftCore follower = core(1);
    receive(follower, new Heartbeat(2, 1, 4, 0, 0));
    forwarded(follower.step(new Input.Propose(List.of(COMMAND))));
    SnapshotMetadata later = new SnapshotMetadata(9, 5, ConfState.ofVoters(List.of(1L, 2L, 3L)));
    receive(follower, new InstallSnapshot(3, 1, 5, later));
    Ready installed = follower.step(new Input.SnapshotInstalled(later));
    assertEquals(List.of(), proposals(installed));
    assertEquals(List.of(), proposals(receive(follower, new Heartbeat(3, 1, 5, 9, 0))));
  }

  @Test
  void whatNobodyWaitsForAnyMoreIsForgotten() {
    RaftCore follower = core(1);
    receive(follower, new Heartbeat(2, 1, 4, 0, 0));
    ForwardPropose sent = forwarded(follower.step(new Input.Propose(List.of(COMMAND))));
    for (int i = 0; i < 200; i++) {
      follower.step(Input.Tick.INSTANCE);
      receive(follower, new Heartbeat(2, 1, 4, 0, 0));
    }
    receive(follower, refusalOf(sent));
    Ready next = receive(follower, new Heartbeat(3, 1, 50, 0, 0));
    assertTrue(next.messages().stream().noneMatch(out -> out.message() instanceof ForwardPropose));
  }

  @Test
  void aLeaderThatHandsOverGivesBackAndLogsNothingOfIt() {
    RaftCore leader = leader();
    long term = leader.status().term();
    long lastIndex = leader.status().lastIndex();
    leader.step(new Input.TransferLeader(2));
    ForwardPropose late = new ForwardPropose(3, 1, term, 9, 1, List.of(COMMAND));
    assertEquals(List.of(refusalOf(late)), messages(receive(leader, late)));
    assertEquals(List.of(), messages(receive(leader, late)), "refused once, whatever comes twice");
    receive(leader, new Heartbeat(2, 1, term + 1, 0, 0));
    ForwardPropose later = new ForwardPropose(3, 1, term, 9, 2, List.of(COMMAND));
    assertEquals(List.of(refusalOf(later)), messages(receive(leader, later)));
    assertEquals(lastIndex, leader.status().lastIndex());
  }

  @Test
  void whatWasLoggedIsNeverGivenBack() {
    RaftCore leader = leader();
    long term = leader.status().term();
    ForwardPropose taken = new ForwardPropose(3, 1, term, 9, 1, List.of(COMMAND));
    receive(leader, taken);
    receive(leader, new Heartbeat(2, 1, term + 1, 0, 0));
    assertEquals(List.of(), messages(receive(leader, taken)), "the network delivers it twice");
  }

  @Test
  void whoDidNotLeadInThatTermSaysNothing() {
    RaftCore follower = core(1);
    receive(follower, new Heartbeat(2, 1, 4, 0, 0));
    ForwardPropose stray = new ForwardPropose(3, 1, 4, 9, 1, List.of(COMMAND));
    assertEquals(List.of(), messages(receive(follower, stray)));
    receive(follower, new Heartbeat(3, 1, 5, 0, 0));
    assertEquals(List.of(), messages(receive(follower, stray)));
  }

  private static ForwardRefused refusalOf(ForwardPropose message) {
    return new ForwardRefused(
        message.to(), message.from(), message.term(), message.incarnation(), message.sequence());
  }

  private static ForwardPropose forwarded(Ready ready) {
    return proposals(ready).get(0);
  }

  private static List<ForwardPropose> proposals(Ready ready) {
    return messages(ready).stream()
        .filter(ForwardPropose.class::isInstance)
        .map(ForwardPropose.class::cast)
        .toList();
  }

  private static List<Message> messages(Ready ready) {
    return ready.messages().stream().map(Outgoing::message).toList();
  }

  private static RaftCore leader() {
    RaftCore core = core(1);
    Ready ready = core.step(Input.Tick.INSTANCE);
    for (int i = 0; i < 20 && core.status().term() == 0; i++) {
      ready = core.step(Input.Tick.INSTANCE);
    }
    ready.persisted().ifPresent(core::step);
    long term = core.status().term();
    Ready elected = receive(core, new RequestVoteResponse(2, 1, term, true));
    assertTrue(core.status().isLeader());
    core.step(elected.persisted().orElseThrow());
    long last = core.status().lastIndex();
    receive(core, new AppendEntriesResponse(2, 1, term, last, false, 0, 0));
    return core;
  }

  private static Ready receive(RaftCore core, Message message) {
    return core.step(new Input.Receive(message));
  }

  /** One of three members, without pre-votes. */
  private static RaftCore core(long id) {
    RaftConfig defaults = RaftConfig.defaults(id, bound -> 0);
    RaftConfig config =
        new RaftConfig(
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
    SnapshotMetadata nothing = SnapshotMetadata.initial(ConfState.ofVoters(List.of(1L, 2L, 3L)));
    return new RaftCore(config, new Restored(HardState.INITIAL, nothing, List.of(), 0));
  }
}
