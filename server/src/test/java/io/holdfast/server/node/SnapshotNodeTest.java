package io.holdfast.server.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.message.AppendEntriesResponse;
import io.holdfast.server.raft.message.Heartbeat;
import io.holdfast.server.raft.message.HeartbeatResponse;
import io.holdfast.server.raft.message.InstallSnapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Snapshots from the leader: loaded beside the loop, installed on it, or thrown away. */
class SnapshotNodeTest {
  private static final long PEER = 2;
  private static final List<Long> THREE = List.of(NodeHarness.SELF, PEER, 3L);

  /** A verified file that remembers whether it was deleted. */
  private static final class Arrived implements ReceivedSnapshot {
    private final SnapshotMetadata metadata;
    private final AtomicBoolean deleted = new AtomicBoolean();

    Arrived(long index, long term) {
      metadata = new SnapshotMetadata(index, term, ConfState.ofVoters(THREE));
    }

    @Override
    public SnapshotMetadata metadata() {
      return metadata;
    }

    @Override
    public void forEach(SnapshotRecordConsumer consumer) {
      throw new AssertionError("the state in this test loads nothing");
    }

    @Override
    public void delete() {
      deleted.set(true);
    }
  }

  @Test
  void heartbeatsAreAnsweredWhileASnapshotIsLoaded() throws Exception {
    try (NodeHarness harness = started()) {
      harness.state.prepareGate = new CountDownLatch(1);
      Arrived snapshot = new Arrived(500, 1);
      CompletableFuture<Void> installed = deliver(harness, snapshot, 1);
      harness.await("the loading", () -> harness.state.prepared.get() == 1);
      harness.node.receive(new Heartbeat(PEER, NodeHarness.SELF, 1, 0, 7));
      harness.await("an answer", () -> !harness.transport.sent(HeartbeatResponse.class).isEmpty());
      assertEquals(0, harness.state.appliedIndex());
      assertFalse(installed.isDone());

      harness.state.prepareGate.countDown();
      installed.get(30, TimeUnit.SECONDS);
      assertEquals(500, harness.state.appliedIndex());
      assertEquals(0, harness.state.discarded.get());
      assertTrue(snapshot.deleted.get());
      harness.await(
          "the acknowledgement",
          () ->
              harness.transport.sent(AppendEntriesResponse.class).stream()
                  .anyMatch(response -> !response.rejected() && response.index() == 500));
      harness.node.receive(Messages.append(PEER, 1, 500, 1, "next"));
      harness.node.receive(Messages.append(PEER, 1, 501, 1, "and next"));
      harness.awaitApplied("next");
    }
  }

  @Test
  void whatTheLogHasBroughtMeanwhileIsNotInstalled() throws Exception {
    try (NodeHarness harness = started()) {
      harness.state.prepareGate = new CountDownLatch(1);
      Arrived snapshot = new Arrived(2, 1);
      CompletableFuture<Void> done = deliver(harness, snapshot, 1);
      harness.await("the loading", () -> harness.state.prepared.get() == 1);
      harness.node.receive(Messages.append(PEER, 1, 0, 0, "a", "b", "c"));
      harness.node.receive(Messages.append(PEER, 1, 3, 1, "d"));
      harness.awaitApplied("c");
      harness.state.prepareGate.countDown();
      done.get(30, TimeUnit.SECONDS);
      assertEquals(1, harness.state.discarded.get());
      assertTrue(snapshot.deleted.get());
      assertTrue(harness.state.appliedIndex() >= 3);
    }
  }

  @Test
  void whatIsOldOrOfAnOldLeaderIsNotEvenLoaded() throws Exception {
    try (NodeHarness harness = started()) {
      harness.node.receive(Messages.append(PEER, 4, 0, 0, "a", "b"));
      harness.node.receive(Messages.append(PEER, 4, 2, 4, "c"));
      harness.awaitApplied("b");
      for (Arrived snapshot : List.of(new Arrived(900, 3), new Arrived(1, 4))) {
        deliver(harness, snapshot, snapshot.metadata().term()).get(30, TimeUnit.SECONDS);
        assertTrue(snapshot.deleted.get());
      }
      assertEquals(0, harness.state.prepared.get());
      assertEquals(List.of(), harness.failures);
    }
  }

  private static CompletableFuture<Void> deliver(NodeHarness harness, Arrived snapshot, long term) {
    InstallSnapshot message =
        new InstallSnapshot(PEER, NodeHarness.SELF, term, snapshot.metadata());
    return CompletableFuture.supplyAsync(
            () -> {
              try {
                return harness.node.receiveSnapshot(message, snapshot);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            })
        .thenCompose(stage -> stage);
  }

  private static NodeHarness started() {
    NodeHarness harness = new NodeHarness(THREE);
    harness.node.start();
    return harness;
  }
}
