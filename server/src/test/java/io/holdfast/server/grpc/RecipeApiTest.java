package io.holdfast.server.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.LeaseGrantRequest;
import io.holdfast.api.etcdserverpb.LeaseGrpc;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.api.v3electionpb.CampaignRequest;
import io.holdfast.api.v3electionpb.ElectionGrpc;
import io.holdfast.api.v3electionpb.LeaderKey;
import io.holdfast.api.v3electionpb.LeaderRequest;
import io.holdfast.api.v3electionpb.LeaderResponse;
import io.holdfast.api.v3electionpb.ProclaimRequest;
import io.holdfast.api.v3electionpb.ResignRequest;
import io.holdfast.api.v3lockpb.LockGrpc;
import io.holdfast.api.v3lockpb.LockRequest;
import io.holdfast.api.v3lockpb.LockResponse;
import io.holdfast.api.v3lockpb.UnlockRequest;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Locks and elections through a socket, on a real member. */
@Timeout(120)
class RecipeApiTest {
  @TempDir static Path directory;
  private static LiveMember member;
  private static LockGrpc.LockBlockingStub locks;
  private static ElectionGrpc.ElectionBlockingStub elections;

  @BeforeAll
  static void start() throws Exception {
    member = LiveMember.start(directory);
    locks = LockGrpc.newBlockingStub(member.channel());
    elections = ElectionGrpc.newBlockingStub(member.channel());
  }

  @AfterAll
  static void stop() throws Exception {
    member.close();
  }

  @Test
  void aLockGoesFromOneClientToTheNext() throws Exception {
    LockResponse first = locks.lock(lock("a", lease()));
    assertEquals(1, count("a/"));
    StreamProbe<LockRequest, LockResponse> second = lockLater("a", lease());
    awaitCount("a/", 2);
    assertEquals(0, second.waiting());

    locks.unlock(UnlockRequest.newBuilder().setKey(first.getKey()).build());
    LockResponse held = second.next();
    assertEquals(Status.Code.OK, second.end().getCode());
    assertTrue(held.getHeader().getRevision() > first.getHeader().getRevision());
    assertEquals(1, count("a/"));
  }

  @Test
  void aClientThatGoesAwayLeavesTheLine() throws Exception {
    locks.lock(lock("b", lease()));
    StreamProbe<LockRequest, LockResponse> second = lockLater("b", lease());
    awaitCount("b/", 2);
    second.cancel();
    awaitCount("b/", 1);
  }

  @Test
  void aClientsDeadlineEndsItsWait() throws Exception {
    locks.lock(lock("c", lease()));
    LockRequest request = lock("c", lease());
    StatusRuntimeException late =
        assertThrows(
            StatusRuntimeException.class,
            () -> locks.withDeadlineAfter(300, TimeUnit.MILLISECONDS).lock(request));
    assertEquals(Status.Code.DEADLINE_EXCEEDED, late.getStatus().getCode());
    awaitCount("c/", 1);
  }

  @Test
  void refusalsCarryTheTextAndNoCodeAsEtcdSaysThem() {
    assertRefused("etcdserver: requested lease not found", () -> locks.lock(lock("d", 4711)));
    assertRefused(
        "etcdserver: key is not provided", () -> locks.unlock(UnlockRequest.getDefaultInstance()));
    assertRefused(
        "\"leader\" field must be provided",
        () -> elections.proclaim(ProclaimRequest.getDefaultInstance()));
    assertRefused(
        "\"leader\" field must be provided",
        () -> elections.resign(ResignRequest.getDefaultInstance()));
    assertRefused("election: no leader", () -> elections.leader(leader("d")));
    LeaderKey nobody =
        LeaderKey.newBuilder()
            .setName(bytes("d"))
            .setKey(bytes("d/1"))
            .setRev(1)
            .setLease(1)
            .build();
    assertRefused(
        "election: not leader",
        () -> elections.proclaim(ProclaimRequest.newBuilder().setLeader(nobody).build()));
  }

  @Test
  void aWaiterWhoseLeaseIsRevokedIsTold() throws Exception {
    locks.lock(lock("e", lease()));
    long lease = lease();
    StreamProbe<LockRequest, LockResponse> second = lockLater("e", lease);
    awaitCount("e/", 2);
    LeaseGrpc.newBlockingStub(member.channel())
        .leaseRevoke(
            io.holdfast.api.etcdserverpb.LeaseRevokeRequest.newBuilder().setID(lease).build());
    assertEquals("mutex: session is expired", second.end().getDescription());
  }

  @Test
  void observersFollowTheElection() throws Exception {
    StreamProbe<LeaderRequest, LeaderResponse> observer = new StreamProbe<>();
    ElectionGrpc.newStub(member.channel()).observe(leader("f"), observer);
    LeaderKey first = elections.campaign(campaign("f", lease(), "1")).getLeader();
    assertEquals("1", observer.next().getKv().getValue().toStringUtf8());
    elections.proclaim(ProclaimRequest.newBuilder().setLeader(first).setValue(bytes("2")).build());
    assertEquals("2", observer.next().getKv().getValue().toStringUtf8());
    elections.resign(ResignRequest.newBuilder().setLeader(first).build());
    LeaderKey second = elections.campaign(campaign("f", lease(), "3")).getLeader();
    LeaderResponse seen = observer.next();
    assertEquals("3", seen.getKv().getValue().toStringUtf8());
    assertEquals(second.getRev(), seen.getKv().getCreateRevision());
    assertEquals(seen.getKv(), elections.leader(leader("f")).getKv());
    observer.cancel();
    assertEquals(Status.Code.CANCELLED, observer.end().getCode());
  }

  private static StreamProbe<LockRequest, LockResponse> lockLater(String name, long lease) {
    StreamProbe<LockRequest, LockResponse> probe = new StreamProbe<>();
    LockGrpc.newStub(member.channel()).lock(lock(name, lease), probe);
    return probe;
  }

  private static void assertRefused(String text, Executable call) {
    Status status = assertThrows(StatusRuntimeException.class, call).getStatus();
    assertEquals(text, status.getDescription());
    assertEquals(Status.Code.UNKNOWN, status.getCode());
  }

  private static long lease() {
    return LeaseGrpc.newBlockingStub(member.channel())
        .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(600).build())
        .getID();
  }

  private static void awaitCount(String prefix, long wanted) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (count(prefix) != wanted) {
      assertFalse(System.nanoTime() > end, () -> count(prefix) + " keys, not " + wanted);
      Thread.sleep(2);
    }
  }

  private static long count(String prefix) {
    return KVGrpc.newBlockingStub(member.channel())
        .range(
            RangeRequest.newBuilder()
                .setKey(bytes(prefix))
                .setRangeEnd(bytes(prefix.replace('/', '0')))
                .setCountOnly(true)
                .build())
        .getCount();
  }

  private static LockRequest lock(String name, long lease) {
    return LockRequest.newBuilder().setName(bytes(name)).setLease(lease).build();
  }

  private static CampaignRequest campaign(String name, long lease, String value) {
    return CampaignRequest.newBuilder()
        .setName(bytes(name))
        .setLease(lease)
        .setValue(bytes(value))
        .build();
  }

  private static LeaderRequest leader(String name) {
    return LeaderRequest.newBuilder().setName(bytes(name)).build();
  }

  private static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }
}
