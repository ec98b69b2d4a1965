package io.holdfast.server.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.error.IndeterminateException;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.Rejection;
import io.holdfast.server.raft.membership.ConfChange;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.message.AppendEntries;
import io.holdfast.server.raft.message.AppendEntriesResponse;
import io.holdfast.server.raft.message.Heartbeat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/** The loop while the membership changes: who is asked, who writes, and who is told what. */
class MembershipNodeTest {
  private static final long PEER = 2;

  @Test
  void aChangeIsDoneWhenItsEntryIsApplied() throws Exception {
    try (NodeHarness harness = NodeHarness.leading()) {
      CompletableFuture<ConfState> added = change(harness, ConfChange.Kind.ADD_VOTER, PEER);
      harness.await("two voters", () -> harness.node.status().confState().isVoter(PEER));
      harness.settle();
      assertFalse(added.isDone(), "the other voter has not answered");
      assertFalse(harness.node.readsLocally(), "the other voter might lead by now");
      acknowledge(harness);
      harness.await("the change", added::isDone);
      assertEquals(ConfState.ofVoters(List.of(NodeHarness.SELF, PEER)), added.get());
      assertEquals(harness.node.status().confIndex(), harness.state.appliedIndex());
    }
  }

  @Test
  void heartbeatsFlowDuringASyncOnceThereAreTwo() throws Exception {
    try (NodeHarness harness = NodeHarness.leading()) {
      CompletableFuture<ConfState> added = change(harness, ConfChange.Kind.ADD_VOTER, PEER);
      harness.await("two voters", () -> harness.node.status().confState().isVoter(PEER));
      acknowledge(harness);
      harness.await("the change", added::isDone);
      harness.log.holdSyncsBack();
      harness.propose("command");
      harness.await("the sync", () -> harness.log.syncsWaiting() == 1);
      int heartbeats = harness.transport.sent(Heartbeat.class).size();
      harness.tick();
      assertTrue(harness.transport.sent(Heartbeat.class).size() > heartbeats);
      assertEquals(1, harness.log.syncsWaiting(), "the disk still works");
    }
  }

  @Test
  void theLastVoterServesAloneAgain() throws Exception {
    try (NodeHarness harness = NodeHarness.leading()) {
      CompletableFuture<ConfState> added = change(harness, ConfChange.Kind.ADD_VOTER, PEER);
      harness.await("two voters", () -> harness.node.status().confState().isVoter(PEER));
      acknowledge(harness);
      harness.await("the change", added::isDone);
      CompletableFuture<ConfState> removed = change(harness, ConfChange.Kind.REMOVE, PEER);
      harness.await("the removal", removed::isDone);
      assertEquals(ConfState.ofVoters(List.of(NodeHarness.SELF)), removed.get());
      harness.propose("alone");
      harness.awaitApplied("alone");
      harness.await("local reads", harness.node::readsLocally);
    }
  }

  @Test
  void theRequestHasTheLastWord() throws Exception {
    try (NodeHarness harness = NodeHarness.leading()) {
      IllegalStateException refusal = new IllegalStateException("not today");
      CompletableFuture<ConfState> refused =
          harness
              .node
              .changeConfig(
                  (status, progress) -> {
                    assertTrue(status.isConfSettled());
                    assertEquals(NodeHarness.SELF, progress.get(0).memberId());
                    throw refusal;
                  })
              .toCompletableFuture();
      harness.await("the refusal", refused::isDone);
      assertSame(refusal, cause(refused));
      assertEquals(0, harness.node.status().confIndex());
    }
  }

  @Test
  void whatTheCoreRefusesChangesNothing() throws Exception {
    try (NodeHarness harness = NodeHarness.leading()) {
      CompletableFuture<ConfState> lastVoter =
          change(harness, ConfChange.Kind.REMOVE, NodeHarness.SELF);
      CompletableFuture<ConfState> stranger = change(harness, ConfChange.Kind.REMOVE, PEER);
      harness.await("the refusals", () -> lastVoter.isDone() && stranger.isDone());
      assertEquals(Rejection.Reason.NO_VOTER_LEFT, reason(lastVoter));
      assertEquals(Rejection.Reason.NOT_MEMBER, reason(stranger));
    }
    try (NodeHarness harness = new NodeHarness(List.of(NodeHarness.SELF, PEER))) {
      harness.node.start();
      CompletableFuture<ConfState> early = change(harness, ConfChange.Kind.ADD_LEARNER, 3);
      harness.await("the refusal", early::isDone);
      assertEquals(Rejection.Reason.NO_LEADER, reason(early));
    }
  }

  @Test
  void aChangeThatAnotherLeaderReplacesIsRefused() throws Exception {
    try (NodeHarness harness = NodeHarness.leading()) {
      CompletableFuture<ConfState> added = change(harness, ConfChange.Kind.ADD_VOTER, PEER);
      harness.await("two voters", () -> harness.node.status().confState().isVoter(PEER));
      long index = harness.node.status().confIndex();
      Entry other = new Entry(index, 9, EntryType.NORMAL, new byte[] {'x'});
      harness.node.receive(
          new AppendEntries(PEER, NodeHarness.SELF, 9, index - 1, 1, List.of(other), index));
      harness.await("the loss", added::isDone);
      assertEquals(Rejection.Reason.LEADER_CHANGED, reason(added));
      assertEquals(
          ConfState.ofVoters(List.of(NodeHarness.SELF)), harness.node.status().confState());
    }
  }

  @Test
  void theEndLeavesAnOpenChangeUndecided() throws Exception {
    NodeHarness harness = NodeHarness.leading();
    CompletableFuture<ConfState> added = change(harness, ConfChange.Kind.ADD_VOTER, PEER);
    harness.await("two voters", () -> harness.node.status().confState().isVoter(PEER));
    harness.node.stop();
    assertInstanceOf(IndeterminateException.class, cause(added));
    CompletableFuture<ConfState> late = change(harness, ConfChange.Kind.ADD_VOTER, 3);
    assertTrue(late.isCompletedExceptionally(), "nobody would ever decide it");
  }

  private static CompletableFuture<ConfState> change(
      NodeHarness harness, ConfChange.Kind kind, long memberId) {
    return harness
        .node
        .changeConfig((status, progress) -> ConfChange.of(kind, memberId, new byte[] {'m'}))
        .toCompletableFuture();
  }

  /** The peer has got everything up to the end of the leader's log. */
  private static void acknowledge(NodeHarness harness) {
    long last = harness.node.status().lastIndex();
    long term = harness.node.status().term();
    harness.node.receive(
        new AppendEntriesResponse(PEER, NodeHarness.SELF, term, last, false, 0, 0));
  }

  private static Rejection.Reason reason(CompletableFuture<ConfState> change) {
    return assertInstanceOf(ConfChangeRefused.class, cause(change)).reason();
  }

  private static Throwable cause(CompletableFuture<ConfState> change) {
    return assertThrows(ExecutionException.class, change::get).getCause();
  }
}
