package io.holdfast.server.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.error.EtcdError;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * The loop of a member that votes alone: durable before applied, batches, bounds, recovery points.
 */
class LoneNodeTest {
  @Test
  void leadsAtOnceWithoutWaitingForAnElectionTimeout() throws Exception {
    try (NodeHarness harness = new NodeHarness(List.of(NodeHarness.SELF))) {
      harness.node.start();
      harness.await("leadership", harness.node::readsLocally);
      assertEquals(0, harness.ticks.get(), "no time went by");
    }
  }

  @Test
  void appliesOnlyWhatIsDurable() throws Exception {
    try (NodeHarness harness = NodeHarness.leading()) {
      harness.log.holdSyncsBack();
      harness.propose("first");
      harness.await("the sync", () -> harness.log.syncsWaiting() == 1);
      assertEquals(List.of(), harness.state.commands());
      harness.log.releaseSyncs();
      harness.awaitApplied("first");
    }
  }

  @Test
  void everythingThatWaitsSharesOneSync() throws Exception {
    try (NodeHarness harness = NodeHarness.leading()) {
      harness.log.holdSyncsBack();
      harness.propose("first");
      harness.await("the sync", () -> harness.log.syncsWaiting() == 1);
      int syncs = harness.log.syncs();
      for (int i = 0; i < 500; i++) {
        harness.propose("next" + i);
      }
      harness.log.releaseSyncs();
      harness.awaitApplied("next499");
      assertEquals(syncs + 1, harness.log.syncs());
      List<String> expected = new ArrayList<>(List.of("first"));
      for (int i = 0; i < 500; i++) {
        expected.add("next" + i);
      }
      assertEquals(expected, harness.state.commands(), "in the order of the proposals");
    }
  }

  @Test
  void refusesWhatExceedsTheQueue() throws Exception {
    NodeOptions small = NodeOptions.defaults().toBuilder().proposalsPendingMax(3).build();
    try (NodeHarness harness = NodeHarness.leading(small)) {
      harness.log.holdSyncsBack();
      harness.propose("in the log");
      harness.await("the sync", () -> harness.log.syncsWaiting() == 1);
      List<NodeHarness.Ticket> tickets = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        tickets.add(harness.propose("queued" + i));
      }
      long refused =
          tickets.stream()
              .filter(t -> t.refusal().equals(Optional.of(EtcdError.TOO_MANY_REQUESTS)))
              .count();
      assertTrue(refused >= 2, "refused " + refused);
      harness.log.releaseSyncs();
      harness.await(
          "the others", () -> harness.state.commands().size() == 1 + tickets.size() - refused);
      harness.await("room", () -> harness.node.proposalsQueued() == 0);
    }
  }

  @Test
  void leavesOutWhatNobodyWaitsFor() throws Exception {
    try (NodeHarness harness = NodeHarness.leading()) {
      harness.log.holdSyncsBack();
      harness.propose("first");
      harness.await("the sync", () -> harness.log.syncsWaiting() == 1);
      harness.propose("given up").abandon();
      harness.propose("last");
      harness.log.releaseSyncs();
      harness.awaitApplied("last");
      assertEquals(List.of("first", "last"), harness.state.commands());
    }
  }

  @Test
  void aLoneRequestIsDoneOnTheCallersThread() throws Exception {
    try (NodeHarness harness = NodeHarness.leading()) {
      harness.settle();
      harness.nanoTime.addAndGet(1_000_000);
      harness.propose("at rest");
      assertEquals(List.of("at rest"), harness.state.commands(), "when propose returns");
    }
  }

  @Test
  void whatComesDenselyIsLeftToTheLoopsThread() throws Exception {
    try (NodeHarness harness = NodeHarness.leading()) {
      harness.log.holdSyncsBack();
      harness.propose("would block the caller");
      harness.await("the sync", () -> harness.log.syncsWaiting() == 1);
    }
  }

  @Test
  void readsAtOnceOnTheCallersThread() throws Exception {
    try (NodeHarness harness = NodeHarness.leading()) {
      harness.propose("write");
      harness.awaitApplied("write");
      harness.settle();
      assertTrue(harness.node.readIndex().toCompletableFuture().isDone());
      assertEquals(2L, harness.node.readIndex().toCompletableFuture().get());
    }
  }

  @Test
  void makesUpForFewTicksAfterAPause() throws Exception {
    try (NodeHarness harness = new NodeHarness(List.of(NodeHarness.SELF, 2L, 3L))) {
      harness.node.start();
      harness.settle();
      harness.tick();
      harness.nanoTime.addAndGet(3_600_000_000_000L);
      harness.node.execute(() -> {});
      harness.await("the tick", () -> harness.ticks.get() >= 2);
      harness.settle();
      assertEquals(List.of(), harness.transport.sent(), "an hour's pause alone is no election");
    }
  }

  @Test
  void recoveryPointsFollowWhatTheStateMachineHoldsDurably() throws Exception {
    NodeOptions often = NodeOptions.defaults().toBuilder().snapshots(10, 5).build();
    try (NodeHarness harness = NodeHarness.leading(often)) {
      for (int i = 0; i < 100; i++) {
        harness.propose("command" + i);
        harness.awaitApplied("command" + i);
      }
      harness.await("a mark", () -> !harness.log.marks().isEmpty());
      harness.settle();
      long mark = harness.log.marks().get(harness.log.marks().size() - 1).index();
      assertTrue(mark <= harness.state.durableIndex(), mark + " is durable");
      assertTrue(harness.log.truncatedBelow() <= mark + 1, "the log is cut below the mark only");
      assertTrue(harness.node.status().firstIndex() > 1, "memory was given back");
      assertTrue(
          harness.node.status().firstIndex() <= harness.node.status().appliedIndex() - 4,
          "entries for slow followers stay");
    }
  }

  @Test
  void stopsInGoodOrder() throws Exception {
    NodeHarness harness = NodeHarness.leading();
    harness.propose("last");
    harness.awaitApplied("last");
    harness.close();
    assertEquals(harness.state.appliedIndex(), harness.state.durableIndex());
    assertEquals(Optional.of(EtcdError.SERVER_STOPPED), harness.propose("late").refusal());
    assertFalse(harness.node.readsLocally());
    assertTrue(harness.node.readIndex().toCompletableFuture().isCompletedExceptionally());
    assertEquals(List.of(), harness.failures);
  }
}
