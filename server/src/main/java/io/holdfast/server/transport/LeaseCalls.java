package io.holdfast.server.transport;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.MoreExecutors;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.transport.wire.PeerLeaseRequest;
import io.holdfast.server.transport.wire.PeerLeaseResponse;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Questions about leases to the member that leads, over the connection to it. */
final class LeaseCalls implements LeaseAuthority {
  private static final long DEADLINE_SECONDS = 3;

  private final Supplier<Optional<ManagedChannel>> channel;

  /**
   * @param channel to the leader; empty while there is no connection
   */
  LeaseCalls(Supplier<Optional<ManagedChannel>> channel) {
    this.channel = channel;
  }

  @Override
  public CompletionStage<Long> keepAlive(long leaseId) {
    return call(
            PeerMethods.KEEP_LEASE_ALIVE, PeerLeaseRequest.newBuilder().setLeaseId(leaseId).build())
        .thenApply(PeerLeaseResponse::getRemainingSeconds);
  }

  @Override
  public CompletionStage<Optional<LeaseTimes>> timeToLive(long leaseId, boolean keysWanted) {
    return call(
            PeerMethods.LEASE_TIME_TO_LIVE,
            PeerLeaseRequest.newBuilder().setLeaseId(leaseId).setKeys(keysWanted).build())
        .thenApply(LeaseCalls::times);
  }

  static PeerLeaseResponse response(Optional<LeaseTimes> times) {
    PeerLeaseResponse.Builder response = PeerLeaseResponse.newBuilder().setFound(times.isPresent());
    times.ifPresent(
        known -> {
          response.setGrantedSeconds(known.grantedSeconds());
          response.setRemainingSeconds(known.remainingSeconds());
          known.keys().forEach(key -> response.addKeys(UnsafeByteOperations.unsafeWrap(key)));
        });
    return response.build();
  }

  private static Optional<LeaseTimes> times(PeerLeaseResponse response) {
    if (!response.getFound()) {
      return Optional.empty();
    }
    List<byte[]> keys = response.getKeysList().stream().map(ByteString::toByteArray).toList();
    return Optional.of(
        new LeaseTimes(response.getGrantedSeconds(), response.getRemainingSeconds(), keys));
  }

  private CompletionStage<PeerLeaseResponse> call(
      MethodDescriptor<PeerLeaseRequest, PeerLeaseResponse> method, PeerLeaseRequest request) {
    Optional<ManagedChannel> connection = channel.get();
    if (connection.isEmpty()) {
      return CompletableFuture.failedStage(EtcdError.NO_LEADER.asException());
    }
    CompletableFuture<PeerLeaseResponse> answer = new CompletableFuture<>();
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
    Futures.addCallback(
        ClientCalls.futureUnaryCall(connection.get().newCall(method, options), request),
        new FutureCallback<>() {
          @Override
          public void onSuccess(PeerLeaseResponse response) {
            answer.complete(response);
          }

          @Override
          public void onFailure(Throwable failure) {
            answer.completeExceptionally(error(Status.fromThrowable(failure)).asException());
          }
        },
        MoreExecutors.directExecutor());
    return answer;
  }

  /** The leader names the error in the status's description. */
  private static EtcdError error(Status status) {
    for (EtcdError error : EtcdError.values()) {
      if (error.name().equals(status.getDescription())) {
        return error;
      }
    }
    return EtcdError.TIMEOUT;
  }
}
