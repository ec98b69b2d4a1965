package io.holdfast.server.transport;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.MoreExecutors;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.transport.wire.PeerIntegrityRequest;
import io.holdfast.server.transport.wire.PeerIntegrityResponse;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Questions to another member about its data, and how they are answered there. */
final class IntegrityCalls implements Integrity {
  /** Hashing reads the whole history: a second per million records, more on a busy machine. */
  private static final long DEADLINE_SECONDS = 60;

  private final Supplier<Optional<ManagedChannel>> channel;

  /**
   * @param channel to the member; empty while there is no connection
   */
  IntegrityCalls(Supplier<Optional<ManagedChannel>> channel) {
    this.channel = channel;
  }

  @Override
  public CompletionStage<Report> report(long revision) {
    Optional<ManagedChannel> connection = channel.get();
    if (connection.isEmpty()) {
      return CompletableFuture.failedStage(EtcdError.TIMEOUT_CONNECTION_LOST.asException());
    }
    CompletableFuture<Report> answer = new CompletableFuture<>();
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
    Futures.addCallback(
        ClientCalls.futureUnaryCall(
            connection.get().newCall(PeerMethods.INTEGRITY, options),
            PeerIntegrityRequest.newBuilder().setRevision(revision).build()),
        new FutureCallback<>() {
          @Override
          public void onSuccess(PeerIntegrityResponse response) {
            answer.complete(decode(response));
          }

          @Override
          public void onFailure(Throwable failure) {
            answer.completeExceptionally(failure);
          }
        },
        MoreExecutors.directExecutor());
    return answer;
  }

  /** Serves the call from what this member says. */
  static void answer(
      Integrity local,
      PeerIntegrityRequest request,
      StreamObserver<PeerIntegrityResponse> observer) {
    local
        .report(request.getRevision())
        .whenComplete(
            (report, failure) -> {
              if (failure == null) {
                observer.onNext(encode(report));
                observer.onCompleted();
              } else {
                observer.onError(
                    Status.INTERNAL
                        .withDescription(failure.getClass().getSimpleName())
                        .asRuntimeException());
              }
            });
  }

  private static PeerIntegrityResponse encode(Report report) {
    PeerIntegrityResponse.Builder response =
        PeerIntegrityResponse.newBuilder().setRepairing(report.repairing());
    report
        .hash()
        .ifPresent(
            hash ->
                response
                    .setHashed(true)
                    .setHash(hash.hash())
                    .setRevision(hash.revision())
                    .setCompactRevision(hash.compactRevision()));
    return response.build();
  }

  private static Report decode(PeerIntegrityResponse response) {
    return new Report(
        response.getHashed()
            ? Optional.of(
                new StateHash(
                    response.getHash(), response.getRevision(), response.getCompactRevision()))
            : Optional.empty(),
        response.getRepairing());
  }
}
