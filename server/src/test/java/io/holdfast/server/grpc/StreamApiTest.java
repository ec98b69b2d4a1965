package io.holdfast.server.grpc;

import static io.holdfast.server.grpc.GrpcApiTest.bytes;
import static io.holdfast.server.grpc.GrpcApiTest.put;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import io.holdfast.api.etcdserverpb.CompactionRequest;
import io.holdfast.api.etcdserverpb.DeleteRangeRequest;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.LeaseGrantRequest;
import io.holdfast.api.etcdserverpb.LeaseGrantResponse;
import io.holdfast.api.etcdserverpb.LeaseGrpc;
import io.holdfast.api.etcdserverpb.LeaseKeepAliveRequest;
import io.holdfast.api.etcdserverpb.LeaseKeepAliveResponse;
import io.holdfast.api.etcdserverpb.LeaseLeasesRequest;
import io.holdfast.api.etcdserverpb.LeaseRevokeRequest;
import io.holdfast.api.etcdserverpb.LeaseTimeToLiveRequest;
import io.holdfast.api.etcdserverpb.LeaseTimeToLiveResponse;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.api.etcdserverpb.WatchCancelRequest;
import io.holdfast.api.etcdserverpb.WatchCreateRequest;
import io.holdfast.api.etcdserverpb.WatchGrpc;
import io.holdfast.api.etcdserverpb.WatchProgressRequest;
import io.holdfast.api.etcdserverpb.WatchRequest;
import io.holdfast.api.etcdserverpb.WatchResponse;
import io.holdfast.api.mvccpb.Event;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Watches and leases, through a socket, on a real member with a small request limit. */
@Timeout(120)
class StreamApiTest {
  private static final int REQUEST_BYTES_MAX = 100_000;

  @TempDir static Path directory;
  private static LiveMember member;
  private static KVGrpc.KVBlockingStub kv;
  private static LeaseGrpc.LeaseBlockingStub leases;

  @BeforeAll
  static void start() throws Exception {
    member = LiveMember.start(directory, REQUEST_BYTES_MAX);
    kv = KVGrpc.newBlockingStub(member.channel());
    leases = LeaseGrpc.newBlockingStub(member.channel());
  }

  @AfterAll
  static void stop() throws Exception {
    member.close();
  }

  @Test
  void aWatcherSeesPutsAndDeletesWithThePairsBefore() throws Exception {
    StreamProbe<WatchRequest, WatchResponse> watch = watch(new StreamProbe<>());
    watch.send(create(prefix("w1/").setPrevKv(true)));
    WatchResponse created = watch.next();
    assertTrue(created.getCreated());
    assertEquals(0, created.getWatchId());
    long first = kv.put(put("w1/a", "1")).getHeader().getRevision();
    kv.put(put("w1/a", "2"));
    kv.deleteRange(DeleteRangeRequest.newBuilder().setKey(bytes("w1/a")).build());
    List<Event> events = events(watch, 3);
    assertEquals("1", events.get(0).getKv().getValue().toStringUtf8());
    assertEquals(first, events.get(0).getKv().getModRevision());
    assertFalse(events.get(0).hasPrevKv());
    assertEquals("1", events.get(1).getPrevKv().getValue().toStringUtf8());
    assertEquals(Event.EventType.DELETE, events.get(2).getType());
    assertEquals("2", events.get(2).getPrevKv().getValue().toStringUtf8());
    assertEquals(0, events.get(2).getKv().getVersion());
    watch.cancel();
  }

  @Test
  void aWatcherReplaysHistoryAndFilters() throws Exception {
    long first = kv.put(put("w2/a", "1")).getHeader().getRevision();
    kv.deleteRange(DeleteRangeRequest.newBuilder().setKey(bytes("w2/a")).build());
    kv.put(put("w2/b", "2"));
    StreamProbe<WatchRequest, WatchResponse> watch = watch(new StreamProbe<>());
    watch.send(
        create(
            prefix("w2/")
                .setStartRevision(first)
                .setWatchId(7)
                .addFilters(WatchCreateRequest.FilterType.NODELETE)));
    assertEquals(7, watch.next().getWatchId());
    List<Event> events = events(watch, 2);
    assertEquals("w2/a", events.get(0).getKv().getKey().toStringUtf8());
    assertEquals("w2/b", events.get(1).getKv().getKey().toStringUtf8());
    watch.cancel();
  }

  @Test
  void manyWatchersShareAStreamAndAreCanceledOneByOne() throws Exception {
    StreamProbe<WatchRequest, WatchResponse> watch = watch(new StreamProbe<>());
    watch.send(create(prefix("w3/")));
    watch.send(create(prefix("w3/")));
    assertEquals(0, watch.next().getWatchId());
    assertEquals(1, watch.next().getWatchId());
    kv.put(put("w3/a", "1"));
    List<Long> receivers = new ArrayList<>(List.of(watch.next().getWatchId()));
    receivers.add(watch.next().getWatchId());
    assertEquals(List.of(0L, 1L), receivers.stream().sorted().toList());
    watch.send(cancel(0));
    watch.send(cancel(99));
    WatchResponse canceled = watch.next();
    assertTrue(canceled.getCanceled());
    assertEquals(0, canceled.getWatchId());
    kv.put(put("w3/a", "2"));
    assertEquals(1, watch.next().getWatchId());
    assertEquals(0, watch.waiting());
    watch.cancel();
  }

  @Test
  void refusalsAreAnsweredOnTheStream() throws Exception {
    StreamProbe<WatchRequest, WatchResponse> watch = watch(new StreamProbe<>());
    watch.send(create(WatchCreateRequest.newBuilder().setKey(bytes("b")).setRangeEnd(bytes("a"))));
    refused(watch.next(), "mvcc: watcher range is empty");
    watch.send(create(prefix("w4/").setWatchId(5)));
    assertEquals(5, watch.next().getWatchId());
    watch.send(create(prefix("w4/").setWatchId(5)));
    refused(watch.next(), "mvcc: duplicate watch ID provided on the WatchStream");
    watch.send(create(prefix("w4/").setStartRevision(-1)));
    refused(watch.next(), "etcdserver: mvcc: required revision has been compacted");
    watch.cancel();
  }

  @Test
  void aWatcherOfForgottenHistoryIsToldWhereItEnds() throws Exception {
    kv.put(put("w5", "1"));
    long now = kv.put(put("w5", "2")).getHeader().getRevision();
    kv.compact(CompactionRequest.newBuilder().setRevision(now).build());
    StreamProbe<WatchRequest, WatchResponse> watch = watch(new StreamProbe<>());
    watch.send(create(WatchCreateRequest.newBuilder().setKey(bytes("w5")).setStartRevision(1)));
    assertTrue(watch.next().getCreated());
    WatchResponse canceled = watch.next();
    assertTrue(canceled.getCanceled());
    assertEquals(now, canceled.getCompactRevision());
    assertEquals(0, canceled.getHeader().getRevision());
    watch.cancel();
  }

  @Test
  void progressIsToldOnRequest() throws Exception {
    StreamProbe<WatchRequest, WatchResponse> watch = watch(new StreamProbe<>());
    watch.send(create(prefix("w6/")));
    watch.next();
    long revision = kv.put(put("elsewhere", "1")).getHeader().getRevision();
    WatchRequest ask =
        WatchRequest.newBuilder()
            .setProgressRequest(WatchProgressRequest.getDefaultInstance())
            .build();
    WatchResponse progress;
    do {
      watch.send(ask);
      progress = watch.next();
      assertEquals(-1, progress.getWatchId());
      assertEquals(0, progress.getEventsCount());
    } while (progress.getHeader().getRevision() < revision);
    watch.cancel();
  }

  @Test
  void aLargeResponseComesInPartsIfTheClientAllows() throws Exception {
    String value = "v".repeat(REQUEST_BYTES_MAX / 4);
    long first = kv.put(put("w7/0", value)).getHeader().getRevision();
    for (int i = 1; i < 12; i++) {
      kv.put(put("w7/" + i, value));
    }
    StreamProbe<WatchRequest, WatchResponse> watch = watch(new StreamProbe<>());
    watch.send(create(prefix("w7/").setStartRevision(first).setFragment(true)));
    watch.next();
    List<Event> events = new ArrayList<>();
    int parts = 0;
    while (events.size() < 12) {
      WatchResponse response = watch.next();
      parts += response.getFragment() ? 1 : 0;
      assertTrue(response.getSerializedSize() <= REQUEST_BYTES_MAX);
      events.addAll(response.getEventsList());
    }
    assertTrue(parts > 0, "at least one response was cut");
    for (int i = 0; i < 12; i++) {
      assertEquals("w7/" + i, events.get(i).getKv().getKey().toStringUtf8());
    }
    watch.cancel();
  }

  @Test
  void aClientThatDoesNotReadLosesNothing() throws Exception {
    StreamProbe<WatchRequest, WatchResponse> slow = watch(new StreamProbe<>(true));
    slow.send(create(prefix("w8/")));
    slow.read(1);
    assertTrue(slow.next().getCreated());
    ByteString value = ByteString.copyFrom(new byte[20_000]);
    int puts = 500;
    for (int i = 0; i < puts; i++) {
      kv.put(put("w8/" + i, "").toBuilder().setValue(value).build());
    }
    slow.read(Integer.MAX_VALUE);
    int next = 0;
    while (next < puts) {
      for (Event event : slow.next().getEventsList()) {
        assertEquals("w8/" + next, event.getKv().getKey().toStringUtf8());
        next++;
      }
    }
    slow.cancel();
  }

  @Test
  void manyWatchersOfOneStreamAllSeeEverythingInOrder() throws Exception {
    int watchers = 300;
    int puts = 40;
    StreamProbe<WatchRequest, WatchResponse> watch = watch(new StreamProbe<>());
    for (int i = 0; i < watchers; i++) {
      watch.send(create(prefix("many/")));
    }
    for (int i = 0; i < watchers; i++) {
      assertTrue(watch.next().getCreated());
    }
    for (int i = 0; i < puts; i++) {
      kv.put(put("many/" + i, "x".repeat(200)));
    }
    int[] seen = new int[watchers];
    for (int left = watchers * puts; left > 0; ) {
      WatchResponse response = watch.next();
      for (Event event : response.getEventsList()) {
        int watcher = (int) response.getWatchId();
        assertEquals("many/" + seen[watcher], event.getKv().getKey().toStringUtf8());
        seen[watcher]++;
        left--;
      }
    }
    watch.cancel();
  }

  @Test
  void theStreamGoesOnWhenTheClientHasNothingMoreToAsk() throws Exception {
    StreamProbe<WatchRequest, WatchResponse> watch = watch(new StreamProbe<>());
    watch.send(create(prefix("w9/")));
    watch.next();
    watch.halfClose();
    kv.put(put("w9/a", "1"));
    assertEquals(1, events(watch, 1).size());
    watch.cancel();
  }

  @Test
  void aClientThatWantsALeaderIsServedWhileThereIsOne() {
    Metadata metadata = new Metadata();
    metadata.put(Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER), "true");
    kv.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata)).put(put("led", "1"));
  }

  @Test
  void aLeaseCarriesItsKeysAway() {
    LeaseGrantResponse lease = leases.leaseGrant(grant(0, 100));
    assertTrue(lease.getID() > 0);
    assertEquals(100, lease.getTTL());
    kv.put(put("l1/b", "1").toBuilder().setLease(lease.getID()).build());
    kv.put(put("l1/a", "1").toBuilder().setLease(lease.getID()).build());
    LeaseTimeToLiveResponse life =
        leases.leaseTimeToLive(
            LeaseTimeToLiveRequest.newBuilder().setID(lease.getID()).setKeys(true).build());
    assertEquals(100, life.getGrantedTTL());
    assertTrue(life.getTTL() > 0 && life.getTTL() <= 100);
    assertEquals(
        List.of("l1/a", "l1/b"),
        life.getKeysList().stream().map(ByteString::toStringUtf8).sorted().toList());
    assertTrue(
        leases.leaseLeases(LeaseLeasesRequest.getDefaultInstance()).getLeasesList().stream()
            .anyMatch(status -> status.getID() == lease.getID()));
    leases.leaseRevoke(LeaseRevokeRequest.newBuilder().setID(lease.getID()).build());
    assertEquals(
        0,
        kv.range(RangeRequest.newBuilder().setKey(bytes("l1/")).setRangeEnd(bytes("l10")).build())
            .getCount());
    assertEquals(
        -1,
        leases
            .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder().setID(lease.getID()).build())
            .getTTL());
  }

  @Test
  void leaseErrorsHaveTheirTexts() {
    leases.leaseGrant(grant(4242, 100));
    GrpcApiTest.refused(
        Status.Code.FAILED_PRECONDITION,
        "etcdserver: lease already exists",
        () -> leases.leaseGrant(grant(4242, 100)));
    GrpcApiTest.refused(
        Status.Code.OUT_OF_RANGE,
        "etcdserver: too large lease TTL",
        () -> leases.leaseGrant(grant(0, 9_000_000_001L)));
    GrpcApiTest.refused(
        Status.Code.NOT_FOUND,
        "etcdserver: requested lease not found",
        () -> leases.leaseRevoke(LeaseRevokeRequest.newBuilder().setID(4343).build()));
  }

  @Test
  void keepAlivesAreAnsweredInOrderAndTheStreamEndsAfterTheLast() throws Exception {
    leases.leaseGrant(grant(5151, 100));
    StreamProbe<LeaseKeepAliveRequest, LeaseKeepAliveResponse> alive = new StreamProbe<>();
    LeaseGrpc.newStub(member.channel()).leaseKeepAlive(alive);
    for (int i = 0; i < 20; i++) {
      alive.send(LeaseKeepAliveRequest.newBuilder().setID(i % 2 == 0 ? 5151 : 5252).build());
    }
    alive.halfClose();
    for (int i = 0; i < 20; i++) {
      LeaseKeepAliveResponse renewed = alive.next();
      assertEquals(i % 2 == 0 ? 5151 : 5252, renewed.getID());
      assertEquals(i % 2 == 0 ? 100 : 0, renewed.getTTL());
    }
    assertEquals(Status.Code.OK, alive.end().getCode());
  }

  private static StreamProbe<WatchRequest, WatchResponse> watch(
      StreamProbe<WatchRequest, WatchResponse> probe) {
    WatchGrpc.newStub(member.channel()).watch(probe);
    return probe;
  }

  private static WatchRequest create(WatchCreateRequest.Builder request) {
    return WatchRequest.newBuilder().setCreateRequest(request).build();
  }

  private static WatchRequest cancel(long watchId) {
    return WatchRequest.newBuilder()
        .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(watchId))
        .build();
  }

  /** The prefix ends with a slash, whose successor is zero. */
  private static WatchCreateRequest.Builder prefix(String prefix) {
    return WatchCreateRequest.newBuilder()
        .setKey(bytes(prefix))
        .setRangeEnd(bytes(prefix.substring(0, prefix.length() - 1) + "0"));
  }

  private static List<Event> events(StreamProbe<WatchRequest, WatchResponse> watch, int count)
      throws InterruptedException {
    List<Event> events = new ArrayList<>();
    while (events.size() < count) {
      events.addAll(watch.next().getEventsList());
    }
    assertEquals(count, events.size());
    return events;
  }

  private static void refused(WatchResponse response, String reason) {
    assertTrue(response.getCreated());
    assertTrue(response.getCanceled());
    assertEquals(-1, response.getWatchId());
    assertEquals(reason, response.getCancelReason());
  }

  private static LeaseGrantRequest grant(long id, long ttlSeconds) {
    return LeaseGrantRequest.newBuilder().setID(id).setTTL(ttlSeconds).build();
  }
}
