package io.holdfast.server.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StorageFailure;
import io.holdfast.server.raft.message.AppendEntriesResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** After a failure nothing is acknowledged any more, wherever it strikes. */
class NodeFailureTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void aLogThatFailsAtAnyCallEndsTheNode(int call) throws Exception {
    try (NodeHarness harness =
        NodeHarness.leading(NodeOptions.defaults().toBuilder().snapshots(2, 1).build())) {
      harness.log.failAtCall(call);
      List<NodeHarness.Ticket> tickets = new ArrayList<>();
      for (int i = 0; i < 200 && harness.failures.isEmpty(); i++) {
        tickets.add(harness.propose("command" + i));
        harness.settleUnlessFailed();
      }
      harness.await("the end", () -> !harness.failures.isEmpty());

      assertEquals(1, harness.failures.size());
      assertTrue(harness.failures.get(0) instanceof StorageFailure);
      assertFalse(harness.node.readsLocally());
      harness.await("the loop's end", () -> harness.propose("late").refusal().isPresent());
      List<String> applied = harness.state.commands();
      NodeHarness.Ticket late = harness.propose("later still");
      assertEquals(Optional.of(EtcdError.SERVER_STOPPED), late.refusal());
      assertEquals(applied, harness.state.commands(), "nothing is applied after the failure");
    }
  }

  @Test
  void whatIsQueuedBehindAFailedSyncNeverSucceeds() throws Exception {
    try (NodeHarness harness = NodeHarness.leading()) {
      harness.log.holdSyncsBack();
      harness.propose("synced");
      harness.await("the sync", () -> harness.log.syncsWaiting() == 1);
      NodeHarness.Ticket behind = harness.propose("behind");
      harness.log.failAtCall(2);
      harness.log.releaseSyncs();
      harness.await("the end", () -> !harness.failures.isEmpty());
      assertEquals(List.of("synced"), harness.state.commands());
      assertEquals(Optional.empty(), behind.refusal(), "its outcome is unknown: no answer at all");
    }
  }

  @Test
  void aStateMachineThatFailsEndsTheNode() throws Exception {
    try (NodeHarness harness = NodeHarness.leading()) {
      harness.state.failNextApply();
      harness.propose("never applied");
      harness.await("the end", () -> !harness.failures.isEmpty());
      assertEquals(List.of(), harness.state.commands());
    }
  }

  @Test
  void aFailureOnACallersThreadEndsTheNode() throws Exception {
    try (NodeHarness harness = NodeHarness.leading()) {
      harness.settle();
      harness.log.failAtCall(2);
      harness.nanoTime.addAndGet(1_000_000);
      NodeHarness.Ticket ticket = harness.propose("never synced");
      assertEquals(1, harness.failures.size(), "when propose returns");
      assertEquals(Optional.empty(), ticket.refusal());
      assertEquals(List.of(), harness.state.commands());
      harness.await("the loop's end", () -> harness.propose("late").refusal().isPresent());
      assertEquals(List.of(), harness.state.commands());
    }
  }

  @Test
  void aFailedCommitEndsTheNode() throws Exception {
    try (NodeHarness harness = NodeHarness.leading()) {
      harness.state.failNextCommit();
      harness.propose("applied, not committed");
      harness.awaitApplied("applied, not committed");
      harness.tick();
      harness.await("the end", () -> !harness.failures.isEmpty());
      assertTrue(harness.node.hasFailed());
    }
  }

  @Test
  void aFailedTaskEndsTheNode() throws Exception {
    try (NodeHarness harness = NodeHarness.leading()) {
      harness.node.execute(
          () -> {
            throw new IllegalStateException("unexpected");
          });
      harness.await("the end", () -> !harness.failures.isEmpty());
      assertTrue(harness.node.hasFailed());
    }
  }

  @Test
  void aFollowerWhoseLogFailsAcknowledgesNothing() throws Exception {
    try (NodeHarness harness = new NodeHarness(List.of(NodeHarness.SELF, 2L, 3L))) {
      harness.node.start();
      harness.settle();
      harness.log.failAtCall(2);
      harness.node.receive(Messages.append(2, 1, 0, 0, "a"));
      harness.await("the end", () -> !harness.failures.isEmpty());
      assertEquals(List.of(), harness.transport.sent(AppendEntriesResponse.class));
    }
  }
}
