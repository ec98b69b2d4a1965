package io.holdfast.server.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServiceResponse;
import io.holdfast.api.etcdserverpb.AlarmRequest;
import io.holdfast.api.etcdserverpb.AuthGrpc;
import io.holdfast.api.etcdserverpb.AuthStatusRequest;
import io.holdfast.api.etcdserverpb.AuthenticateRequest;
import io.holdfast.api.etcdserverpb.ClusterGrpc;
import io.holdfast.api.etcdserverpb.CompactionRequest;
import io.holdfast.api.etcdserverpb.Compare;
import io.holdfast.api.etcdserverpb.DefragmentRequest;
import io.holdfast.api.etcdserverpb.DeleteRangeRequest;
import io.holdfast.api.etcdserverpb.DeleteRangeResponse;
import io.holdfast.api.etcdserverpb.HashKVRequest;
import io.holdfast.api.etcdserverpb.HashKVResponse;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.MaintenanceGrpc;
import io.holdfast.api.etcdserverpb.MemberListRequest;
import io.holdfast.api.etcdserverpb.MemberListResponse;
import io.holdfast.api.etcdserverpb.PutRequest;
import io.holdfast.api.etcdserverpb.PutResponse;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.api.etcdserverpb.RangeResponse;
import io.holdfast.api.etcdserverpb.RangeStreamResponse;
import io.holdfast.api.etcdserverpb.RequestOp;
import io.holdfast.api.etcdserverpb.StatusRequest;
import io.holdfast.api.etcdserverpb.StatusResponse;
import io.holdfast.api.etcdserverpb.TxnRequest;
import io.holdfast.api.etcdserverpb.TxnResponse;
import io.holdfast.api.mvccpb.KeyValue;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** The unary services, through a socket, on a real member. */
@Timeout(120)
class GrpcApiTest {
  @TempDir static Path directory;
  private static LiveMember member;
  private static KVGrpc.KVBlockingStub kv;

  @BeforeAll
  static void start() throws Exception {
    member = LiveMember.start(directory);
    kv = KVGrpc.newBlockingStub(member.channel());
  }

  @AfterAll
  static void stop() throws Exception {
    member.close();
  }

  @Test
  void aPutIsReadBackWithItsHistory() {
    PutResponse first = kv.put(put("history", "one"));
    PutResponse second = kv.put(put("history", "two").toBuilder().setPrevKv(true).build());
    assertEquals(first.getHeader().getRevision() + 1, second.getHeader().getRevision());
    assertEquals("one", second.getPrevKv().getValue().toStringUtf8());
    RangeResponse now = kv.range(range("history"));
    assertEquals(1, now.getCount());
    KeyValue pair = now.getKvs(0);
    assertEquals("two", pair.getValue().toStringUtf8());
    assertEquals(2, pair.getVersion());
    assertEquals(first.getHeader().getRevision(), pair.getCreateRevision());
    assertEquals(second.getHeader().getRevision(), pair.getModRevision());
    RangeResponse then =
        kv.range(
            range("history").toBuilder()
                .setRevision(first.getHeader().getRevision())
                .setSerializable(true)
                .build());
    assertEquals("one", then.getKvs(0).getValue().toStringUtf8());
    assertEquals(second.getHeader().getClusterId(), then.getHeader().getClusterId());
  }

  @Test
  void everyRangeOptionReachesTheStore() {
    for (String key : List.of("opt/b", "opt/a", "opt/c")) {
      kv.put(put(key, "value-of-" + key));
    }
    RangeRequest all = prefix("opt/");
    assertEquals(List.of("opt/a", "opt/b", "opt/c"), keys(kv.range(all)));
    assertEquals(
        List.of("opt/c", "opt/a", "opt/b"),
        keys(
            kv.range(
                all.toBuilder()
                    .setSortOrder(RangeRequest.SortOrder.DESCEND)
                    .setSortTarget(RangeRequest.SortTarget.MOD)
                    .build())));
    RangeResponse limited = kv.range(all.toBuilder().setLimit(2).build());
    assertEquals(List.of("opt/a", "opt/b"), keys(limited));
    assertTrue(limited.getMore());
    assertEquals(3, limited.getCount());
    RangeResponse counted = kv.range(all.toBuilder().setCountOnly(true).build());
    assertEquals(0, counted.getKvsCount());
    assertEquals(3, counted.getCount());
    RangeResponse bare = kv.range(all.toBuilder().setKeysOnly(true).build());
    assertTrue(bare.getKvsList().stream().allMatch(pair -> pair.getValue().isEmpty()));
    long middle = kv.range(range("opt/a")).getKvs(0).getModRevision();
    assertEquals(
        List.of("opt/a", "opt/c"),
        keys(kv.range(all.toBuilder().setMinModRevision(middle).build())));
    assertEquals(
        List.of("opt/a", "opt/b"),
        keys(kv.range(all.toBuilder().setMaxModRevision(middle).build())));
    assertEquals(
        List.of("opt/a"),
        keys(
            kv.range(
                all.toBuilder()
                    .setMinCreateRevision(middle)
                    .setMaxCreateRevision(middle)
                    .build())));
  }

  @Test
  void deletesTellWhatTheyDeleted() {
    kv.put(put("del/1", "a"));
    kv.put(put("del/2", "b"));
    DeleteRangeResponse deleted =
        kv.deleteRange(
            DeleteRangeRequest.newBuilder()
                .setKey(bytes("del/"))
                .setRangeEnd(bytes("del0"))
                .setPrevKv(true)
                .build());
    assertEquals(2, deleted.getDeleted());
    assertEquals("b", deleted.getPrevKvs(1).getValue().toStringUtf8());
    long revision = deleted.getHeader().getRevision();
    DeleteRangeResponse nothing =
        kv.deleteRange(DeleteRangeRequest.newBuilder().setKey(bytes("del/1")).build());
    assertEquals(revision, nothing.getHeader().getRevision());
  }

  @Test
  void aTransactionRunsOneBranchInOneRevision() {
    kv.put(put("txn/a", "1"));
    TxnRequest request =
        TxnRequest.newBuilder()
            .addCompare(
                Compare.newBuilder()
                    .setTarget(Compare.CompareTarget.VALUE)
                    .setResult(Compare.CompareResult.EQUAL)
                    .setKey(bytes("txn/a"))
                    .setValue(bytes("1")))
            .addSuccess(RequestOp.newBuilder().setRequestPut(put("txn/a", "2")))
            .addSuccess(RequestOp.newBuilder().setRequestRange(range("txn/a")))
            .addSuccess(
                RequestOp.newBuilder()
                    .setRequestTxn(
                        TxnRequest.newBuilder()
                            .addFailure(RequestOp.newBuilder().setRequestPut(put("txn/x", "x")))
                            .addSuccess(RequestOp.newBuilder().setRequestPut(put("txn/b", "3")))))
            .addFailure(
                RequestOp.newBuilder()
                    .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(bytes("txn/a"))))
            .build();
    TxnResponse done = kv.txn(request);
    assertTrue(done.getSucceeded());
    assertEquals(3, done.getResponsesCount());
    long revision = done.getHeader().getRevision();
    assertEquals(revision, done.getResponses(0).getResponsePut().getHeader().getRevision());
    assertEquals(0, done.getResponses(0).getResponsePut().getHeader().getClusterId());
    assertEquals("2", done.getResponses(1).getResponseRange().getKvs(0).getValue().toStringUtf8());
    TxnResponse nested = done.getResponses(2).getResponseTxn();
    assertTrue(nested.hasHeader());
    assertEquals(0, nested.getHeader().getRevision());
    assertEquals(revision, kv.range(range("txn/b")).getKvs(0).getModRevision());
    TxnResponse again = kv.txn(request);
    assertFalse(again.getSucceeded());
    assertEquals(1, again.getResponses(0).getResponseDeleteRange().getDeleted());
  }

  @Test
  void everyErrorHasItsCodeAndText() {
    refused(
        Status.Code.INVALID_ARGUMENT,
        "etcdserver: key is not provided",
        () -> kv.range(RangeRequest.getDefaultInstance()));
    refused(
        Status.Code.INVALID_ARGUMENT,
        "etcdserver: key is not provided",
        () -> kv.put(PutRequest.getDefaultInstance()));
    refused(
        Status.Code.INVALID_ARGUMENT,
        "etcdserver: key is not provided",
        () -> kv.deleteRange(DeleteRangeRequest.getDefaultInstance()));
    refused(
        Status.Code.INVALID_ARGUMENT,
        "etcdserver: invalid sort option",
        () -> kv.range(range("a").toBuilder().setSortTargetValue(9).build()));
    refused(
        Status.Code.OUT_OF_RANGE,
        "etcdserver: mvcc: required revision is a future revision",
        () -> kv.range(range("a").toBuilder().setRevision(1 << 30).build()));
    refused(
        Status.Code.NOT_FOUND,
        "etcdserver: requested lease not found",
        () -> kv.put(put("a", "b").toBuilder().setLease(4711).build()));
    refused(
        Status.Code.INVALID_ARGUMENT,
        "etcdserver: value is provided",
        () -> kv.put(put("a", "b").toBuilder().setIgnoreValue(true).build()));
    refused(
        Status.Code.INVALID_ARGUMENT,
        "etcdserver: key not found",
        () -> kv.put(PutRequest.newBuilder().setKey(bytes("never")).setIgnoreValue(true).build()));
    RequestOp same = RequestOp.newBuilder().setRequestPut(put("a", "b")).build();
    refused(
        Status.Code.INVALID_ARGUMENT,
        "etcdserver: duplicate key given in txn request",
        () -> kv.txn(TxnRequest.newBuilder().addSuccess(same).addSuccess(same).build()));
    TxnRequest.Builder long129 = TxnRequest.newBuilder();
    for (int i = 0; i < 129; i++) {
      long129.addSuccess(RequestOp.newBuilder().setRequestRange(range("k" + i)));
    }
    refused(
        Status.Code.INVALID_ARGUMENT,
        "etcdserver: too many operations in txn request",
        () -> kv.txn(long129.build()));
    refused(
        Status.Code.INVALID_ARGUMENT,
        "etcdserver: key not found",
        () -> kv.txn(TxnRequest.newBuilder().addSuccess(RequestOp.getDefaultInstance()).build()));
    refused(
        Status.Code.INVALID_ARGUMENT,
        "etcdserver: request is too large",
        () ->
            kv.put(
                PutRequest.newBuilder()
                    .setKey(bytes("a"))
                    .setValue(ByteString.copyFrom(new byte[3 * 512 * 1024]))
                    .build()));
  }

  @Test
  void aDeeplyNestedTransactionIsRefusedNotFatal() {
    TxnRequest nested = TxnRequest.newBuilder().build();
    for (int i = 0; i < 200; i++) {
      nested =
          TxnRequest.newBuilder().addSuccess(RequestOp.newBuilder().setRequestTxn(nested)).build();
    }
    TxnRequest deepest = nested;
    assertThrows(StatusRuntimeException.class, () -> kv.txn(deepest));
    kv.range(range("a"));
  }

  @Test
  void compactionForgetsHistory() throws Exception {
    long old = kv.put(put("compact", "1")).getHeader().getRevision();
    long now = kv.put(put("compact", "2")).getHeader().getRevision();
    kv.compact(CompactionRequest.newBuilder().setRevision(now).setPhysical(true).build());
    refused(
        Status.Code.OUT_OF_RANGE,
        "etcdserver: mvcc: required revision has been compacted",
        () -> kv.range(range("compact").toBuilder().setRevision(old).build()));
    refused(
        Status.Code.OUT_OF_RANGE,
        "etcdserver: mvcc: required revision has been compacted",
        () -> kv.compact(CompactionRequest.newBuilder().setRevision(old).build()));
  }

  @Test
  void aRangeIsStreamedInPieces() {
    byte[] value = new byte[20_000];
    for (int i = 0; i < 200; i++) {
      kv.put(
          PutRequest.newBuilder()
              .setKey(bytes(String.format("stream/%03d", i)))
              .setValue(ByteString.copyFrom(value))
              .build());
    }
    RangeRequest request = prefix("stream/");
    Iterator<RangeStreamResponse> pieces = kv.rangeStream(request);
    RangeResponse.Builder whole = RangeResponse.newBuilder();
    int count = 0;
    while (pieces.hasNext()) {
      RangeResponse piece = pieces.next().getRangeResponse();
      assertTrue(piece.getSerializedSize() < 4 * 1024 * 1024);
      assertEquals(pieces.hasNext(), !piece.hasHeader(), "only the last piece has a header");
      whole.mergeFrom(piece);
      count++;
    }
    assertTrue(count > 3, "in " + count + " pieces");
    assertEquals(kv.range(request).getKvsList(), whole.getKvsList());
    assertEquals(200, whole.getCount());
    RangeResponse limited =
        kv.rangeStream(request.toBuilder().setLimit(15).build()).next().getRangeResponse();
    assertEquals(10, limited.getKvsCount());
    refused(
        Status.Code.UNIMPLEMENTED,
        "RangeStream does not support custom sort orders",
        () ->
            kv.rangeStream(request.toBuilder().setSortOrder(RangeRequest.SortOrder.DESCEND).build())
                .next());
    refused(
        Status.Code.UNIMPLEMENTED,
        "RangeStream does not support revision filters",
        () -> kv.rangeStream(request.toBuilder().setMinModRevision(1).build()).next());
  }

  @Test
  void statusHashAndMembersAreTold() {
    MaintenanceGrpc.MaintenanceBlockingStub maintenance =
        MaintenanceGrpc.newBlockingStub(member.channel());
    StatusResponse status = maintenance.status(StatusRequest.getDefaultInstance());
    assertEquals("3.6.0", status.getVersion());
    assertEquals(status.getHeader().getMemberId(), status.getLeader());
    assertTrue(status.getRaftAppliedIndex() > 0);
    HashKVResponse hash = maintenance.hashKV(HashKVRequest.getDefaultInstance());
    HashKVResponse again =
        maintenance.hashKV(HashKVRequest.newBuilder().setRevision(hash.getHashRevision()).build());
    assertEquals(hash.getHash(), again.getHash());
    assertEquals(0, maintenance.alarm(AlarmRequest.getDefaultInstance()).getAlarmsCount());
    // As in etcd, whose answer to it has no header.
    assertFalse(maintenance.defragment(DefragmentRequest.getDefaultInstance()).hasHeader());
    MemberListResponse members =
        ClusterGrpc.newBlockingStub(member.channel())
            .memberList(MemberListRequest.newBuilder().setLinearizable(true).build());
    assertEquals("default", members.getMembers(0).getName());
    assertEquals(status.getHeader().getMemberId(), members.getMembers(0).getID());
  }

  @Test
  void authenticationIsOff() {
    AuthGrpc.AuthBlockingStub auth = AuthGrpc.newBlockingStub(member.channel());
    assertFalse(auth.authStatus(AuthStatusRequest.getDefaultInstance()).getEnabled());
    refused(
        Status.Code.FAILED_PRECONDITION,
        "etcdserver: authentication is not enabled",
        () -> auth.authenticate(AuthenticateRequest.newBuilder().setName("root").build()));
  }

  @Test
  void healthAndReflectionAreServed() throws Exception {
    HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(member.channel());
    assertEquals(
        ServingStatus.SERVING, health.check(HealthCheckRequest.getDefaultInstance()).getStatus());
    assertEquals(
        ServingStatus.SERVING,
        health.watch(HealthCheckRequest.getDefaultInstance()).next().getStatus());
    refused(
        Status.Code.NOT_FOUND,
        "unknown service",
        () -> health.check(HealthCheckRequest.newBuilder().setService("x").build()));
    var answers = new java.util.concurrent.LinkedBlockingQueue<List<String>>();
    var requests =
        ServerReflectionGrpc.newStub(member.channel())
            .serverReflectionInfo(
                new io.grpc.stub.StreamObserver<>() {
                  @Override
                  public void onNext(io.grpc.reflection.v1.ServerReflectionResponse answer) {
                    answers.add(
                        answer.getListServicesResponse().getServiceList().stream()
                            .map(ServiceResponse::getName)
                            .collect(Collectors.toList()));
                  }

                  @Override
                  public void onError(Throwable failure) {
                    answers.add(List.of(failure.toString()));
                  }

                  @Override
                  public void onCompleted() {}
                });
    requests.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
    List<String> services = answers.take();
    requests.onCompleted();
    assertTrue(
        services.containsAll(
            List.of(
                "etcdserverpb.KV",
                "etcdserverpb.Watch",
                "etcdserverpb.Lease",
                "etcdserverpb.Cluster",
                "etcdserverpb.Maintenance")),
        services.toString());
  }

  static void refused(Status.Code code, String text, Executable call) {
    Status status = assertThrows(StatusRuntimeException.class, call).getStatus();
    assertEquals(text, status.getDescription());
    assertEquals(code, status.getCode());
  }

  static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }

  static PutRequest put(String key, String value) {
    return PutRequest.newBuilder().setKey(bytes(key)).setValue(bytes(value)).build();
  }

  private static RangeRequest range(String key) {
    return RangeRequest.newBuilder().setKey(bytes(key)).build();
  }

  private static RangeRequest prefix(String prefix) {
    String end =
        prefix.substring(0, prefix.length() - 1) + (char) (prefix.charAt(prefix.length() - 1) + 1);
    return RangeRequest.newBuilder().setKey(bytes(prefix)).setRangeEnd(bytes(end)).build();
  }

  private static List<String> keys(RangeResponse response) {
    return response.getKvsList().stream().map(pair -> pair.getKey().toStringUtf8()).toList();
  }
}
