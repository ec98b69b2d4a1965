package io.holdfast.server.transport;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.holdfast.server.error.IndeterminateException;
import io.holdfast.server.transport.wire.PeerLeaseRequest;
import io.holdfast.server.transport.wire.PeerLeaseResponse;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Questions about leases to the member that leads, over the connection to it. */
final class LeaseCalls implements LeaseAuthority {
  private static final long DEADLINE_MILLIS = 3_000;

  private final PeerCalls leader;

  /**
   * @param channel to the leader; empty while there is no connection
   */
  LeaseCalls(Supplier<Optional<ManagedChannel>> channel) {
    leader = new PeerCalls(channel, DEADLINE_MILLIS);
  }

  @Override
  public CompletionStage<Long> keepAlive(long leaseId) {
    return ask(
            PeerMethods.KEEP_LEASE_ALIVE, PeerLeaseRequest.newBuilder().setLeaseId(leaseId).build())
        .thenApply(PeerLeaseResponse::getRemainingSeconds);
  }

  @Override
  public CompletionStage<Optional<LeaseTimes>> timeToLive(long leaseId, boolean keysWanted) {
    return ask(
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

  /** A question that changes nothing or may be repeated: an unknown outcome is a time-out. */
  private CompletionStage<PeerLeaseResponse> ask(
      MethodDescriptor<PeerLeaseRequest, PeerLeaseResponse> method, PeerLeaseRequest request) {
    CompletableFuture<PeerLeaseResponse> answer = new CompletableFuture<>();
    leader
        .ask(method, request)
        .whenComplete(
            (response, failure) -> {
              if (failure instanceof IndeterminateException unknown) {
                answer.completeExceptionally(unknown.error().asException());
              } else if (failure != null) {
                answer.completeExceptionally(failure);
              } else {
                answer.complete(response);
              }
            });
    return answer;
  }
}
