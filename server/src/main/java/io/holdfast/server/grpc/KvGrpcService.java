package io.holdfast.server.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.holdfast.api.etcdserverpb.CompactionRequest;
import io.holdfast.api.etcdserverpb.CompactionResponse;
import io.holdfast.api.etcdserverpb.DeleteRangeRequest;
import io.holdfast.api.etcdserverpb.DeleteRangeResponse;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.PutRequest;
import io.holdfast.api.etcdserverpb.PutResponse;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.api.etcdserverpb.RangeResponse;
import io.holdfast.api.etcdserverpb.RangeStreamResponse;
import io.holdfast.api.etcdserverpb.TxnRequest;
import io.holdfast.api.etcdserverpb.TxnResponse;
import io.holdfast.server.service.KeyValueService;

/** {@code etcdserverpb.KV}. */
final class KvGrpcService extends KVGrpc.KVImplBase {
  private final KeyValueService keyValues;
  private final int requestBytesMax;

  KvGrpcService(KeyValueService keyValues, int requestBytesMax) {
    this.keyValues = keyValues;
    this.requestBytesMax = requestBytesMax;
  }

  /** The use cases on behalf of the call that is being handled. */
  private KeyValueService keyValues() {
    return keyValues.as(Credential.current().caller());
  }

  @Override
  public void range(RangeRequest request, StreamObserver<RangeResponse> observer) {
    Answers.send(
        observer,
        () -> keyValues().range(Requests.range(request), request.getSerializable()),
        Responses::range);
  }

  @Override
  public void rangeStream(RangeRequest request, StreamObserver<RangeStreamResponse> observer) {
    try {
      new RangeStreaming(
              keyValues(),
              request,
              requestBytesMax,
              (ServerCallStreamObserver<RangeStreamResponse>) observer)
          .start();
    } catch (RuntimeException e) {
      observer.onError(Failures.of(e));
    }
  }

  @Override
  public void put(PutRequest request, StreamObserver<PutResponse> observer) {
    Answers.send(observer, () -> keyValues().put(Requests.put(request)), Responses::put);
  }

  @Override
  public void deleteRange(
      DeleteRangeRequest request, StreamObserver<DeleteRangeResponse> observer) {
    Answers.send(
        observer,
        () -> keyValues().deleteRange(Requests.deleteRange(request)),
        Responses::deleteRange);
  }

  @Override
  public void txn(TxnRequest request, StreamObserver<TxnResponse> observer) {
    Answers.send(observer, () -> keyValues().txn(Requests.txn(request)), Responses::txn);
  }

  @Override
  public void compact(CompactionRequest request, StreamObserver<CompactionResponse> observer) {
    Answers.send(
        observer,
        () -> keyValues().compact(request.getRevision(), request.getPhysical()),
        (header, nothing) -> CompactionResponse.newBuilder().setHeader(header).build());
  }
}
