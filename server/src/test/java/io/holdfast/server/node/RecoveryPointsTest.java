package io.holdfast.server.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What stays in memory behind recovery points, and for whom. */
class RecoveryPointsTest {
  private static final long PEER = 2;
  private static final long START = 1_000_000_000L;
  private static final ConfState CONF = ConfState.ofVoters(List.of(1L, PEER, 3L));

  private final FakeState state = new FakeState(new FakeLog());
  private final ExecutorService syncer = Executors.newSingleThreadExecutor();
  private final RecoveryPoints points =
      new RecoveryPoints(
          NodeOptions.defaults().toBuilder().snapshots(100, 10).build(),
          state,
          syncer,
          failure -> {
            throw new AssertionError(failure);
          },
          (point, before) -> {});
  private long index;

  @AfterEach
  void end() {
    syncer.shutdownNow();
  }

  @Test
  void whatASlowFollowerNeedsStaysAndNoMore() {
    apply(300, 10);
    assertEquals(291, points.keepFromIndex(at(300), START));
  }

  @Test
  void whatComesBehindASnapshotUnderWayStaysForItsReceiver() {
    apply(300, 10);
    points.transferBegins(PEER, 300, START);
    apply(500, 10);
    assertEquals(301, points.keepFromIndex(at(800), START));
    points.transferEnded(PEER, true, START);
    assertEquals(301, points.keepFromIndex(at(800), START), "it catches up now");
    assertEquals(791, points.keepFromIndex(at(800), START + TimeUnit.SECONDS.toNanos(31)));
  }

  @Test
  void aFailedTransferHoldsNothing() {
    apply(300, 10);
    points.transferBegins(PEER, 300, START);
    points.transferBegins(3, 310, START);
    points.transferEnded(PEER, false, START);
    apply(500, 10);
    assertEquals(311, points.keepFromIndex(at(800), START));
    points.transferEnded(3, false, START);
    assertEquals(791, points.keepFromIndex(at(800), START));
  }

  @Test
  void aReceiverThatSaysNothingIsNotWaitedForForEver() {
    apply(300, 10);
    points.transferBegins(PEER, 300, START);
    apply(500, 10);
    assertEquals(791, points.keepFromIndex(at(800), START + TimeUnit.MINUTES.toNanos(16)));
  }

  @Test
  void memoryIsBoundedWhoeverWaits() {
    apply(10, 10);
    points.transferBegins(PEER, 10, START);
    int large = 1 << 20;
    long bound = Math.max(32L << 20, Runtime.getRuntime().maxMemory() / 8);
    int count = (int) (bound / large) + 50;
    byte[] shared = new byte[large];
    for (int i = 0; i < count; i++) {
      apply(List.of(new Entry(++index, 1, EntryType.NORMAL, shared)));
    }
    long kept = index - points.keepFromIndex(at(index), START) + 1;
    assertTrue(kept * large <= bound + large, kept + " entries of a MiB are kept");
    assertTrue(kept > 10, "it holds what it can");
  }

  @Test
  void aPointFromBeforeAnInstalledSnapshotMeansNothing() {
    apply(50, 10);
    points.installed(at(500));
    assertFalse(points.recorded(at(50)));
    assertTrue(points.recorded(at(500)));
  }

  private void apply(int count, int bytes) {
    for (int i = 0; i < count; i++) {
      apply(List.of(new Entry(++index, 1, EntryType.NORMAL, new byte[bytes])));
    }
  }

  private void apply(List<Entry> entries) {
    state.apply(entries);
    points.applied(entries);
  }

  private static SnapshotMetadata at(long index) {
    return new SnapshotMetadata(index, 1, CONF);
  }
}
