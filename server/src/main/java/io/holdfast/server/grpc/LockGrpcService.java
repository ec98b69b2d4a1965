package io.holdfast.server.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.holdfast.api.v3lockpb.LockGrpc;
import io.holdfast.api.v3lockpb.LockRequest;
import io.holdfast.api.v3lockpb.LockResponse;
import io.holdfast.api.v3lockpb.UnlockRequest;
import io.holdfast.api.v3lockpb.UnlockResponse;
import io.holdfast.server.service.HeldLock;
import io.holdfast.server.service.LockService;
import io.holdfast.server.service.Waiting;

/** {@code v3lockpb.Lock}. A caller that goes away while it waits leaves the line. */
final class LockGrpcService extends LockGrpc.LockImplBase {
  private final LockService locks;

  LockGrpcService(LockService locks) {
    this.locks = locks;
  }

  /** The use cases on behalf of the call that is being handled. */
  private LockService locks() {
    return locks.as(Credential.current()::callerOrNobody);
  }

  @Override
  public void lock(LockRequest request, StreamObserver<LockResponse> observer) {
    Waiting<HeldLock> waiting = locks().lock(Bytes.of(request.getName()), request.getLease());
    ((ServerCallStreamObserver<LockResponse>) observer).setOnCancelHandler(waiting::giveUp);
    Answers.send(
        observer,
        waiting::answer,
        (header, held) ->
            LockResponse.newBuilder().setHeader(header).setKey(Bytes.wrap(held.key())).build(),
        Failures::ofRecipe);
  }

  @Override
  public void unlock(UnlockRequest request, StreamObserver<UnlockResponse> observer) {
    Answers.send(
        observer,
        () -> locks().unlock(Bytes.of(request.getKey())),
        (header, nothing) -> UnlockResponse.newBuilder().setHeader(header).build(),
        Failures::ofRecipe);
  }
}
