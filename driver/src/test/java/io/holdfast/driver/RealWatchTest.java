package io.holdfast.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.driver.testing.RecordingListener;
import io.holdfast.driver.testing.StoreProcess;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Watches and leases against a real member that is killed and started again. */
class RealWatchTest {
  private StoreProcess store;
  private Connection connection;
  private final RecordingListener listener = new RecordingListener();

  @BeforeEach
  void start() {
    store = StoreProcess.start();
    connection = Drivers.connect(store.url() + "/ns?pageSize=2");
  }

  @AfterEach
  void stop() {
    if (store != null) {
      connection.close();
      store.close();
    }
  }

  @Test
  void tellsPutsAndDeletionsOfItsRangeOnly() {
    try (Watch watch =
        connection.watch(WatchRequest.of(KeyRange.prefix("a")).withPrevious(), listener)) {
      listener.nextConnected();
      connection.put("b", "outside");
      connection.put("a1", "x");
      connection.put("a1", "y");
      connection.delete("a1");
      assertEquals("a1=x", RecordingListener.text(listener.nextEvent()));
      WatchEvent changed = listener.nextEvent();
      assertEquals("x", changed.previous().orElseThrow().value().asUtf8());
      WatchEvent deleted = listener.nextEvent();
      assertEquals("-a1", RecordingListener.text(deleted));
      assertEquals(deleted.keyValue().modRevision() + 1, watch.nextRevision());
    }
    assertEquals(Optional.empty(), listener.nextClosed());
  }

  @Test
  void readsHistoryFromARevision() {
    long revision = connection.put("a", "1").revision();
    connection.put("a", "2");
    connection.watch(WatchRequest.of(KeyRange.all()).fromRevision(revision), listener);
    assertEquals(List.of("a=1", "a=2"), listener.nextEvents(2));
  }

  @Test
  void resumesAfterTheServerWasKilledWithoutGapOrRepetition() {
    connection.watch(WatchRequest.of(KeyRange.all()), listener);
    listener.nextConnected();
    connection.put("a", "1");
    assertEquals(List.of("a=1"), listener.nextEvents(1));
    store.kill();
    assertTrue(listener.nextDisconnected().isTransient());
    store.restart();
    // Written before the watch is back, perhaps: it must come all the same.
    connection.put("a", "2");
    connection.put("b", "3");
    assertEquals(List.of("a=2", "b=3"), listener.nextEvents(2));
    listener.nextConnected();
    assertEquals(0, listener.disconnectedCount(), "one interruption is told once");
  }

  @Test
  void listsFirstThenFollows() {
    for (int index = 0; index < 5; index++) {
      connection.put("k" + index, "v");
    }
    connection.watch(WatchRequest.of(KeyRange.prefix("k")).listingFirst(), listener);
    WatchResync resync = listener.nextResync();
    assertTrue(resync.initial());
    assertTrue(resync.complete());
    assertEquals(5, resync.keyValues().size());
    connection.put("k9", "new");
    assertEquals(List.of("k9=new"), listener.nextEvents(1));
  }

  @Test
  void listsOnceTheServerIsThere() {
    store.kill();
    connection.watch(WatchRequest.of(KeyRange.all()).listingFirst(), listener);
    HoldfastException absent = listener.nextDisconnected();
    assertEquals("08001", absent.state());
    assertTrue(absent.getMessage().contains(store.endpoint()));
    store.restart();
    assertTrue(listener.nextResync().initial());
  }

  @Test
  void aCompactedGapBecomesAResyncWithItsDifferences() {
    connection.put("kept", "1");
    connection.put("changed", "1");
    connection.put("deleted", "1");
    connection.watch(WatchRequest.of(KeyRange.all()).listingFirst(), listener);
    assertEquals(3, listener.nextResync().keyValues().size());
    listener.nextConnected();
    // A second connection writes while the watch is held up, until its history is gone.
    BlockingQueue<String> gate = new LinkedBlockingQueue<>();
    RecordingListener held = new RecordingListener();
    WatchListener blocking = blockingOnce(held, gate);
    Connection slow = Drivers.connect(store.url() + "/ns");
    try (slow) {
      slow.watch(WatchRequest.of(KeyRange.all()).listingFirst(), blocking);
      assertTrue(held.nextResync().initial());
      store.kill();
      listener.nextDisconnected();
      store.restart();
      connection.put("changed", "2");
      connection.delete("deleted");
      long last = connection.put("added", "1").revision();
      connection.compact(last);
      gate.add("go");
      WatchResync resync = held.nextResync();
      assertFalse(resync.initial());
      assertTrue(resync.complete());
      assertEquals(
          List.of("added=1", "changed=2", "-deleted"),
          resync.differences().stream().map(RecordingListener::text).toList());
      assertEquals(3, resync.keyValues().size());
      connection.put("after", "1");
      assertEquals(List.of("after=1"), held.nextEvents(1));
    }
  }

  /** Hands everything on, and waits at the first connection until the gate opens. */
  private static WatchListener blockingOnce(RecordingListener target, BlockingQueue<String> gate) {
    return new WatchListener() {
      private boolean waited;

      @Override
      public void onEvents(WatchBatch batch) {
        target.onEvents(batch);
      }

      @Override
      public void onResync(WatchResync resync) {
        target.onResync(resync);
      }

      @Override
      public void onDisconnected(HoldfastException cause) {
        if (!waited) {
          waited = true;
          try {
            gate.poll(60, TimeUnit.SECONDS);
          } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
          }
        }
      }
    };
  }

  @Test
  void leasesAreKeptAliveAcrossARestart() {
    BlockingQueue<LeaseListener.Reason> lost = new LinkedBlockingQueue<>();
    Lease lease = connection.lease(Duration.ofSeconds(24), (reason, deadline) -> lost.add(reason));
    connection.put(PutRequest.of("leased", "1").withLease(lease.id()));
    Instant first = lease.deadline();
    store.kill();
    store.restart();
    await(() -> lease.deadline().isAfter(first.plusSeconds(2)));
    assertTrue(lease.isAlive());
    assertEquals(lease.id(), connection.get("leased").orElseThrow().leaseId());
    lease.close();
    assertEquals(Optional.empty(), connection.get("leased"));
    assertFalse(lease.isAlive());
    assertEquals(0, lost.size());
  }

  @Test
  void aLostLeaseIsTold() throws Exception {
    BlockingQueue<LeaseListener.Reason> lost = new LinkedBlockingQueue<>();
    Lease lease = connection.lease(Duration.ofSeconds(2), (reason, deadline) -> lost.add(reason));
    assertTrue(lease.ttl().toSeconds() >= 2);
    store.kill();
    assertEquals(LeaseListener.Reason.EXPIRED, lost.poll(30, TimeUnit.SECONDS));
    assertFalse(lease.isAlive());
    store.restart();
    HoldfastException gone =
        org.junit.jupiter.api.Assertions.assertThrows(
            HoldfastException.class,
            () -> connection.put(PutRequest.of("a", "1").withLease(12345)));
    assertEquals(ErrorState.LEASE_LOST, gone.errorState());
  }

  private static void await(java.util.function.BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "not within 30 s");
      Thread.onSpinWait();
      java.util.concurrent.locks.LockSupport.parkNanos(10_000_000);
    }
  }
}
