package io.holdfast.driver.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.holdfast.api.etcdserverpb.LeaseKeepAliveResponse;
import io.holdfast.api.etcdserverpb.RangeResponse;
import io.holdfast.api.etcdserverpb.WatchResponse;
import io.holdfast.api.mvccpb.Event;
import io.holdfast.api.mvccpb.KeyValue;
import io.holdfast.driver.Connection;
import io.holdfast.driver.Drivers;
import io.holdfast.driver.ErrorState;
import io.holdfast.driver.HoldfastException;
import io.holdfast.driver.KeyRange;
import io.holdfast.driver.Lease;
import io.holdfast.driver.LeaseListener;
import io.holdfast.driver.Watch;
import io.holdfast.driver.WatchBatch;
import io.holdfast.driver.WatchListener;
import io.holdfast.driver.WatchRequest;
import io.holdfast.driver.WatchResync;
import io.holdfast.driver.testing.RecordingListener;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Watches and leases while the server misbehaves. */
class WatchFaultTest {
  private final RecordingListener listener = new RecordingListener();
  private FakeStore store;
  private Connection connection;

  @BeforeEach
  void start() throws IOException {
    store = FakeStore.start();
    connection = Drivers.connect("etcd://" + store.endpoint() + "?connectTimeout=500ms");
  }

  @AfterEach
  void stop() throws InterruptedException {
    connection.close();
    store.close();
  }

  private Watch watchAll() {
    return connection.watch(WatchRequest.of(KeyRange.all()), listener);
  }

  private static Event put(String key, long revision) {
    return Event.newBuilder()
        .setKv(
            KeyValue.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFromUtf8("v" + revision))
                .setModRevision(revision))
        .build();
  }

  private static WatchResponse events(long revision, boolean fragment, Event... events) {
    return WatchResponse.newBuilder()
        .setHeader(FakeStore.header(revision))
        .setFragment(fragment)
        .addAllEvents(List.of(events))
        .build();
  }

  @Test
  void asksForALeaderAndForProgress() throws Exception {
    watchAll();
    FakeStore.Opened opened = store.nextWatch();
    assertEquals("Watch=true", store.leaderRequired.poll(30, TimeUnit.SECONDS));
    assertTrue(opened.request().getProgressNotify());
    assertTrue(opened.request().getFragment());
    assertEquals(ByteString.copyFrom(new byte[] {0}), opened.request().getKey());
    assertEquals(ByteString.copyFrom(new byte[] {0}), opened.request().getRangeEnd());
  }

  @Test
  void resumesAtTheRevisionAfterTheLastOne() throws Exception {
    watchAll();
    FakeStore.Opened first = store.nextWatch();
    assertEquals(0, first.request().getStartRevision());
    first.created(10);
    listener.nextConnected();
    first.responses().onError(Status.UNAVAILABLE.asRuntimeException());
    // Nothing was delivered yet, but whatever happens after the creation belongs to the watch.
    FakeStore.Opened second = store.nextWatch();
    assertEquals(11, second.request().getStartRevision());
    second.created(12);
    second.responses().onNext(events(12, false, put("a", 11), put("a", 12)));
    assertEquals(List.of("a=v11", "a=v12"), listener.nextEvents(2));
    second.responses().onCompleted();
    FakeStore.Opened third = store.nextWatch();
    assertEquals(13, third.request().getStartRevision());
    third.created(15);
    third.responses().onNext(WatchResponse.newBuilder().setHeader(FakeStore.header(15)).build());
    assertEquals(15, listener.nextProgress());
    third.responses().onError(Status.INTERNAL.withDescription("boom").asRuntimeException());
    assertEquals(16, store.nextWatch().request().getStartRevision());
  }

  @Test
  void eventsThatComeTwiceAreToldOnce() throws Exception {
    watchAll();
    FakeStore.Opened opened = store.nextWatch();
    opened.created(1);
    opened.responses().onNext(events(3, false, put("a", 2), put("a", 3)));
    opened.responses().onNext(events(4, false, put("a", 3), put("a", 4)));
    assertEquals(List.of("a=v2", "a=v3", "a=v4"), listener.nextEvents(3));
    assertEquals(0, listener.eventCount());
  }

  @Test
  void aRevisionSplitOverFragmentsIsToldWhole() throws Exception {
    BlockingQueue<WatchBatch> batches = new LinkedBlockingQueue<>();
    WatchListener collecting =
        new WatchListener() {
          @Override
          public void onEvents(WatchBatch batch) {
            batches.add(batch);
          }

          @Override
          public void onResync(WatchResync resync) {}
        };
    connection.watch(WatchRequest.of(KeyRange.all()), collecting);
    FakeStore.Opened opened = store.nextWatch();
    opened.created(1);
    opened.responses().onNext(events(3, true, put("a", 2), put("b", 3)));
    opened.responses().onNext(events(3, true, put("c", 3)));
    opened.responses().onNext(events(3, false, put("d", 3)));
    WatchBatch first = batches.poll(30, TimeUnit.SECONDS);
    assertEquals(2, first.revision());
    WatchBatch second = batches.poll(30, TimeUnit.SECONDS);
    assertEquals(3, second.revision());
    assertEquals(3, second.events().size());
  }

  @Test
  void aFragmentWithoutItsRestIsAskedForAgain() throws Exception {
    watchAll();
    FakeStore.Opened opened = store.nextWatch();
    opened.created(1);
    opened.responses().onNext(events(2, true, put("a", 2)));
    opened.responses().onError(Status.UNAVAILABLE.asRuntimeException());
    FakeStore.Opened again = store.nextWatch();
    assertEquals(2, again.request().getStartRevision());
    again.created(2);
    again.responses().onNext(events(2, false, put("a", 2), put("b", 2)));
    assertEquals(List.of("a=v2", "b=v2"), listener.nextEvents(2));
  }

  @Test
  void anOutageIsToldOnceAndTriedWithPauses() throws Exception {
    watchAll();
    store.nextWatch().created(1);
    listener.nextConnected();
    store.stop();
    assertEquals("08006", listener.nextDisconnected().state());
    TimeUnit.MILLISECONDS.sleep(500);
    store.restart();
    store.nextWatch().created(1);
    listener.nextConnected();
    assertEquals(0, listener.disconnectedCount());
  }

  @Test
  void aServerThatNeverRegistersTheWatchIsLeft() throws Exception {
    connection.close();
    connection =
        Drivers.connect(
            "etcd://" + store.endpoint() + "?connectTimeout=200ms&attemptTimeout=200ms");
    watchAll();
    store.nextWatch();
    store.nextWatch().created(1);
    listener.nextConnected();
  }

  @Test
  void compactionLeadsToAListingAndAWatchAfterIt() throws Exception {
    store.onRange =
        (request, answer) ->
            FakeStore.reply(
                answer,
                RangeResponse.newBuilder()
                    .setHeader(FakeStore.header(50))
                    .addKvs(put("new", 40).getKv())
                    .addKvs(put("old", 3).getKv())
                    .build());
    connection.watch(WatchRequest.of(KeyRange.all()).fromRevision(5), listener);
    FakeStore.Opened opened = store.nextWatch();
    opened.created(50);
    opened
        .responses()
        .onNext(WatchResponse.newBuilder().setCanceled(true).setCompactRevision(30).build());
    WatchResync resync = listener.nextResync();
    assertFalse(resync.initial());
    assertFalse(resync.complete());
    assertEquals(50, resync.revision());
    assertEquals(
        List.of("new=v40"), resync.differences().stream().map(RecordingListener::text).toList());
    assertEquals(51, store.nextWatch().request().getStartRevision());
  }

  @Test
  void aWatchThatIsForbiddenEnds() throws Exception {
    watchAll();
    FakeStore.Opened opened = store.nextWatch();
    opened
        .responses()
        .onNext(
            WatchResponse.newBuilder()
                .setCreated(true)
                .setCanceled(true)
                .setCancelReason(
                    "rpc error: code = PermissionDenied desc = etcdserver: permission denied")
                .build());
    HoldfastException cause = (HoldfastException) listener.nextClosed().orElseThrow();
    assertEquals(ErrorState.PERMISSION_DENIED, cause.errorState());
  }

  @Test
  void aListenerThatThrowsEndsItsWatch() throws Exception {
    BlockingQueue<Optional<Throwable>> closed = new LinkedBlockingQueue<>();
    Watch watch =
        connection.watch(
            WatchRequest.of(KeyRange.all()),
            new WatchListener() {
              @Override
              public void onEvents(WatchBatch batch) {
                throw new IllegalStateException("mine");
              }

              @Override
              public void onResync(WatchResync resync) {}

              @Override
              public void onClosed(Optional<Throwable> cause) {
                closed.add(cause);
              }
            });
    FakeStore.Opened opened = store.nextWatch();
    opened.created(1);
    opened.responses().onNext(events(2, false, put("a", 2)));
    assertEquals("mine", closed.poll(30, TimeUnit.SECONDS).orElseThrow().getMessage());
    assertTrue(watch.isClosed());
  }

  @Test
  void blockingInAListenerIsRefused() throws Exception {
    BlockingQueue<Throwable> refused = new LinkedBlockingQueue<>();
    connection.watch(
        WatchRequest.of(KeyRange.all()),
        new WatchListener() {
          @Override
          public void onEvents(WatchBatch batch) {}

          @Override
          public void onResync(WatchResync resync) {}

          @Override
          public void onConnected(String endpoint) {
            connection.get("a");
          }

          @Override
          public void onClosed(Optional<Throwable> cause) {
            refused.add(cause.orElseThrow());
          }
        });
    store.nextWatch().created(1);
    HoldfastException cause = (HoldfastException) refused.poll(30, TimeUnit.SECONDS);
    assertEquals(ErrorState.BLOCKING_IN_CALLBACK, cause.errorState());
  }

  @Test
  void aSlowListenerHoldsBackTheServerNotMemory() throws Exception {
    BlockingQueue<String> gate = new LinkedBlockingQueue<>();
    AtomicInteger told = new AtomicInteger();
    connection.watch(
        WatchRequest.of(KeyRange.all()),
        new WatchListener() {
          @Override
          public void onEvents(WatchBatch batch) {
            told.incrementAndGet();
            try {
              gate.poll(30, TimeUnit.SECONDS);
            } catch (InterruptedException interrupted) {
              Thread.currentThread().interrupt();
            }
          }

          @Override
          public void onResync(WatchResync resync) {}
        });
    FakeStore.Opened opened = store.nextWatch();
    opened.created(1);
    ServerCallStreamObserver<WatchResponse> responses =
        (ServerCallStreamObserver<WatchResponse>) opened.responses();
    byte[] large = new byte[64 * 1024];
    int sent = 0;
    while (responses.isReady() && sent < 10_000) {
      KeyValue keyValue =
          put("a", 2 + sent).getKv().toBuilder().setValue(ByteString.copyFrom(large)).build();
      responses.onNext(events(2 + sent, false, Event.newBuilder().setKv(keyValue).build()));
      sent++;
    }
    assertNotEquals(10_000, sent, "the server was never told to wait");
    assertTrue(told.get() <= 1);
    for (int index = 0; index < sent; index++) {
      gate.add("go");
    }
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (told.get() < sent) {
      assertTrue(System.nanoTime() < deadline, told + " of " + sent);
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  @Test
  void aLeaseOutlivesRenewalsThatFail() throws Exception {
    AtomicInteger renewals = new AtomicInteger();
    store.onKeepAlive =
        (request, answer) -> {
          if (renewals.incrementAndGet() % 2 == 1) {
            answer.onError(
                Status.UNAVAILABLE.withDescription("etcdserver: no leader").asRuntimeException());
          } else {
            FakeStore.reply(answer, LeaseKeepAliveResponse.newBuilder().setTTL(2).build());
          }
        };
    BlockingQueue<LeaseListener.Reason> lost = new LinkedBlockingQueue<>();
    Lease lease = connection.lease(Duration.ofSeconds(2), (reason, deadline) -> lost.add(reason));
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (renewals.get() < 8) {
      assertTrue(System.nanoTime() < deadline);
      TimeUnit.MILLISECONDS.sleep(20);
    }
    assertTrue(lease.isAlive());
    assertEquals(0, lost.size());
    lease.abandon();
  }

  @Test
  void aLeaseThatTheStoreDeniesIsLostAtOnce() throws Exception {
    store.onKeepAlive =
        (request, answer) -> FakeStore.reply(answer, LeaseKeepAliveResponse.getDefaultInstance());
    BlockingQueue<LeaseListener.Reason> lost = new LinkedBlockingQueue<>();
    Lease lease = connection.lease(Duration.ofSeconds(3), (reason, deadline) -> lost.add(reason));
    assertEquals(LeaseListener.Reason.REVOKED, lost.poll(30, TimeUnit.SECONDS));
    assertFalse(lease.isAlive());
  }
}
