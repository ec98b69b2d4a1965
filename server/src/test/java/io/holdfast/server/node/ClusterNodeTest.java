package io.holdfast.server.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.raft.message.AppendEntries;
import io.holdfast.server.raft.message.AppendEntriesResponse;
import io.holdfast.server.raft.message.Heartbeat;
import io.holdfast.server.raft.message.HeartbeatResponse;
import io.holdfast.server.raft.message.Message;
import io.holdfast.server.raft.message.RequestPreVote;
import io.holdfast.server.raft.message.RequestPreVoteResponse;
import io.holdfast.server.raft.message.RequestVote;
import io.holdfast.server.raft.message.RequestVoteResponse;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** The loop of a member of three: promises wait for the disk, everything else does not. */
class ClusterNodeTest {
  private static final long PEER = 2;
  private static final List<Long> THREE = List.of(NodeHarness.SELF, PEER, 3L);

  @Test
  void acknowledgesEntriesOnlyWhenTheyAreDurable() throws Exception {
    try (NodeHarness harness = started()) {
      harness.log.holdSyncsBack();
      harness.node.receive(Messages.append(PEER, 1, 0, 0, "a", "b"));
      harness.await("the sync", () -> harness.log.syncsWaiting() == 1);
      assertEquals(List.of(), harness.transport.sent(AppendEntriesResponse.class));
      harness.log.releaseSyncs();
      harness.await(
          "the acknowledgement",
          () ->
              harness.transport.sent(AppendEntriesResponse.class).stream()
                  .anyMatch(response -> response.index() == 2));
    }
  }

  @Test
  void answersHeartbeatsWhileTheDiskWorks() throws Exception {
    try (NodeHarness harness = started()) {
      harness.log.holdSyncsBack();
      harness.node.receive(Messages.append(PEER, 1, 0, 0, "a"));
      harness.await("the sync", () -> harness.log.syncsWaiting() == 1);
      // The first one makes no promise that is not on its way to the disk already.
      harness.node.receive(new Heartbeat(PEER, NodeHarness.SELF, 1, 0, 7));
      harness.settle();
      harness.tick();
      assertEquals(PEER, harness.node.status().leaderId());
      assertEquals(1, harness.log.syncsWaiting(), "the disk still works");
      assertFalse(harness.transport.sent(HeartbeatResponse.class).isEmpty());
    }
  }

  @Test
  void whatArrivesDuringASyncSharesTheNext() throws Exception {
    try (NodeHarness harness = started()) {
      harness.log.holdSyncsBack();
      harness.node.receive(Messages.append(PEER, 1, 0, 0, "first"));
      harness.await("the sync", () -> harness.log.syncsWaiting() == 1);
      int syncs = harness.log.syncs();
      for (int i = 0; i < 100; i++) {
        harness.node.receive(Messages.append(PEER, 1, 1 + i, 1, "next" + i));
      }
      harness.settle();
      harness.log.releaseSyncs();
      harness.await("all of them", () -> harness.log.syncedIndex() == 101);
      assertEquals(syncs + 1, harness.log.syncs());
      harness.await(
          "all acknowledgements",
          () ->
              harness.transport.sent(AppendEntriesResponse.class).stream()
                  .anyMatch(response -> response.index() == 101));
    }
  }

  @Test
  void aLoneEntryIsSyncedByWhoBringsItWhileTheDiskIsQuick() throws Exception {
    try (NodeHarness harness = started()) {
      long index = 0;
      String usual = "";
      for (int i = 0; i < 60; i++) {
        usual = syncThreadOfEntry(harness, ++index);
        assertTrue(i > 0 || usual.endsWith("-log"), "how quick the disk is must show first");
      }
      assertFalse(usual.endsWith("-log"), usual);
      harness.log.duringSyncs(() -> harness.nanoTime.addAndGet(200_000_000L));
      syncThreadOfEntry(harness, ++index);
      assertTrue(syncThreadOfEntry(harness, ++index).endsWith("-log"), "the disk is slow now");
      // The next one does not hold up who brings it, nor the loop.
      harness.log.holdSyncsBack();
      harness.node.receive(Messages.append(PEER, 1, index, 1, "held"));
      harness.await("the sync", () -> harness.log.syncsWaiting() == 1);
      harness.settle();
    }
  }

  /** Brings one entry when the loop has been at rest, and tells which thread made it durable. */
  private static String syncThreadOfEntry(NodeHarness harness, long index) throws Exception {
    harness.settle();
    harness.nanoTime.addAndGet(100_000L);
    long before = index - 1;
    harness.node.receive(Messages.append(PEER, 1, before, before == 0 ? 0 : 1, "e" + index));
    harness.await(
        "the acknowledgement",
        () ->
            harness.transport.sent(AppendEntriesResponse.class).stream()
                .anyMatch(response -> response.index() == index));
    return harness.log.lastSyncThread();
  }

  @Test
  void aLeaderReplicatesDuringItsOwnSync() throws Exception {
    try (NodeHarness harness = leading()) {
      harness.log.holdSyncsBack();
      harness.propose("command");
      harness.await("the sync", () -> harness.log.syncsWaiting() == 1);
      harness.await(
          "the entry on its way",
          () ->
              harness.transport.sent(AppendEntries.class).stream()
                  .anyMatch(append -> append.entries().stream().anyMatch(e -> !e.isEmpty())));
      assertEquals(List.of(), harness.state.commands());
      harness.node.receive(new AppendEntriesResponse(PEER, NodeHarness.SELF, 1, 2, false, 0, 0));
      harness.settle();
      assertEquals(List.of(), harness.state.commands(), "not durable here yet");
      harness.log.releaseSyncs();
      harness.awaitApplied("command");
    }
  }

  @Test
  void aLeaderGathersBehindAnUnansweredMessageToANearPeer() throws Exception {
    try (NodeHarness harness = leading()) {
      answersSoon(harness, 1, 2, 40);
      assertGathers(harness, 40);
      accept(harness, 1, 40);
      awaitEntrySent(harness, 42);
    }
  }

  @Test
  void aLeaderOfALaterTermLearnsAnewWhoIsNear() throws Exception {
    try (NodeHarness harness = leading()) {
      answersSoon(harness, 1, 2, 40);
      harness.node.receive(new HeartbeatResponse(PEER, NodeHarness.SELF, 2, 0));
      harness.await("the end of term 1", () -> harness.node.status().term() == 2);
      elect(harness, 3, 40);
      answersSoon(harness, 3, 41, 80);
      assertGathers(harness, 80);
    }
  }

  /** Proposes entries {@code from} to {@code until}, each accepted after a millisecond. */
  private static void answersSoon(NodeHarness harness, long term, long from, long until)
      throws InterruptedException {
    for (long index = from; index < until; index++) {
      harness.propose("e" + index);
      awaitEntrySent(harness, index);
      harness.nanoTime.addAndGet(1_000_000L);
      accept(harness, term, index);
    }
  }

  private static void assertGathers(NodeHarness harness, long index) throws InterruptedException {
    harness.propose("first");
    awaitEntrySent(harness, index);
    harness.propose("second");
    harness.propose("third");
    harness.settle();
    assertEquals(index, lastSentTo(harness, PEER));
  }

  private static void accept(NodeHarness harness, long term, long index)
      throws InterruptedException {
    harness.node.receive(
        new AppendEntriesResponse(PEER, NodeHarness.SELF, term, index, false, 0, 0));
    harness.settle();
  }

  private static void awaitEntrySent(NodeHarness harness, long index) throws InterruptedException {
    harness.await("entry " + index + " on its way", () -> lastSentTo(harness, PEER) == index);
  }

  private static long lastSentTo(NodeHarness harness, long peer) {
    return harness.transport.sent(AppendEntries.class).stream()
        .filter(append -> append.to() == peer)
        .mapToLong(append -> append.prevLogIndex() + append.entries().size())
        .max()
        .orElse(0);
  }

  @Test
  void aLeaderCountsIntervalsWithoutHeartbeats() throws Exception {
    try (NodeHarness harness = started()) {
      long tick = NodeOptions.defaults().tickNanos();
      harness.nanoTime.addAndGet(2 * tick);
      harness.tick();
      assertEquals(0, harness.node.counters().heartbeatsLateTotal(), "a follower sends none");
      elect(harness);
      harness.tick();
      assertEquals(0, harness.node.counters().heartbeatsLateTotal());
      harness.nanoTime.addAndGet(tick);
      harness.tick();
      assertEquals(1, harness.node.counters().heartbeatsLateTotal());
    }
  }

  @Test
  void votesOnlyWithADurableVote() throws Exception {
    try (NodeHarness harness = started()) {
      harness.log.holdSyncsBack();
      harness.node.receive(new RequestVote(PEER, NodeHarness.SELF, 5, 0, 0, false));
      harness.await("the sync", () -> harness.log.syncsWaiting() == 1);
      assertEquals(List.of(), harness.transport.sent(RequestVoteResponse.class));
      harness.log.releaseSyncs();
      harness.await(
          "the vote",
          () ->
              harness.transport.sent(RequestVoteResponse.class).stream()
                  .anyMatch(RequestVoteResponse::granted));
    }
  }

  @Test
  void readsWaitForAQuorum() throws Exception {
    try (NodeHarness harness = leading()) {
      assertFalse(harness.node.readsLocally());
      CompletableFuture<Long> read = harness.node.readIndex().toCompletableFuture();
      harness.await(
          "the question",
          () ->
              harness.transport.lastSent(Heartbeat.class).map(Heartbeat::readContext).orElse(0L)
                  != 0);
      assertFalse(read.isDone());
      long context = harness.transport.lastSent(Heartbeat.class).orElseThrow().readContext();
      harness.node.receive(new HeartbeatResponse(PEER, NodeHarness.SELF, 1, context));
      assertEquals(1L, read.get());
    }
  }

  @Test
  void proposalsWaitForALeader() throws Exception {
    try (NodeHarness harness = started()) {
      NodeHarness.Ticket ticket = harness.propose("patient");
      harness.settle();
      assertEquals(Optional.empty(), ticket.refusal());
      elect(harness);
      harness.await(
          "the entry on its way",
          () ->
              harness.transport.sent(AppendEntries.class).stream()
                  .anyMatch(append -> append.entries().stream().anyMatch(e -> !e.isEmpty())));
    }
  }

  @Test
  void readsAreGivenUpInTime() throws Exception {
    try (NodeHarness harness = started()) {
      CompletableFuture<Long> read = harness.node.readIndex().toCompletableFuture();
      harness.settle();
      harness.nanoTime.addAndGet(NodeOptions.defaults().readTimeoutNanos());
      harness.tick();
      ExecutionException failure =
          Assertions.assertThrows(ExecutionException.class, () -> read.get());
      assertEquals(EtcdError.TIMEOUT.text(), failure.getCause().getMessage());
      assertEquals(0, harness.node.readsPending());
      assertEquals(1, harness.node.counters().readsFailedTotal());
    }
  }

  private static NodeHarness started() throws InterruptedException {
    NodeHarness harness = new NodeHarness(THREE);
    harness.node.start();
    harness.settle();
    return harness;
  }

  private static NodeHarness leading() throws InterruptedException {
    NodeHarness harness = started();
    elect(harness);
    return harness;
  }

  private static void elect(NodeHarness harness) throws InterruptedException {
    elect(harness, 1, 1);
  }

  /** Lets the node win the election of {@code term} and commit its first entry. */
  private static void elect(NodeHarness harness, long term, long firstIndex)
      throws InterruptedException {
    for (int i = 0; i < 40 && !hasSent(harness, RequestPreVote.class, term); i++) {
      harness.tick();
    }
    harness.node.receive(new RequestPreVoteResponse(PEER, NodeHarness.SELF, term, true));
    harness.await("the candidacy", () -> hasSent(harness, RequestVote.class, term));
    harness.node.receive(new RequestVoteResponse(PEER, NodeHarness.SELF, term, true));
    harness.await("leadership", () -> harness.node.status().isLeader());
    harness.await("the first entry", () -> harness.log.syncedIndex() >= firstIndex);
    harness.node.receive(
        new AppendEntriesResponse(PEER, NodeHarness.SELF, term, firstIndex, false, 0, 0));
    harness.await("its commit", () -> harness.state.appliedIndex() >= firstIndex);
    assertTrue(harness.node.status().hasLeader());
  }

  private static boolean hasSent(NodeHarness harness, Class<? extends Message> type, long term) {
    return harness.transport.sent(type).stream().anyMatch(message -> message.term() == term);
  }
}
