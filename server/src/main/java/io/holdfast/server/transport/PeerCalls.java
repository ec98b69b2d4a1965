package io.holdfast.server.transport;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.MoreExecutors;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.IndeterminateException;
import io.holdfast.server.error.StoreException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Questions to another member, one call each, and how their failures travel: a refusal by etcd's
 * error as UNAVAILABLE, an unknown outcome as UNKNOWN, each with the error's name as description.
 */
final class PeerCalls {
  private final Supplier<Optional<ManagedChannel>> channel;
  private final long deadlineMillis;

  /**
   * @param channel to the other member; empty while there is no connection
   */
  PeerCalls(Supplier<Optional<ManagedChannel>> channel, long deadlineMillis) {
    this.channel = channel;
    this.deadlineMillis = deadlineMillis;
  }

  /** Asks; fails with NO_LEADER when nothing could be sent. */
  <Q, A> CompletionStage<A> ask(MethodDescriptor<Q, A> method, Q question) {
    Optional<ManagedChannel> connection = channel.get();
    if (connection.isEmpty()) {
      return CompletableFuture.failedStage(EtcdError.NO_LEADER.asException());
    }
    CompletableFuture<A> answer = new CompletableFuture<>();
    CallOptions options =
        CallOptions.DEFAULT.withDeadlineAfter(deadlineMillis, TimeUnit.MILLISECONDS);
    Futures.addCallback(
        ClientCalls.futureUnaryCall(connection.get().newCall(method, options), question),
        new FutureCallback<>() {
          @Override
          public void onSuccess(A response) {
            answer.complete(response);
          }

          @Override
          public void onFailure(Throwable failure) {
            answer.completeExceptionally(failure(Status.fromThrowable(failure)));
          }
        },
        MoreExecutors.directExecutor());
    return answer;
  }

  /** What to answer to a question that failed. */
  static Status status(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof StoreException refusal) {
      return Status.UNAVAILABLE.withDescription(refusal.error().name());
    }
    return cause instanceof IndeterminateException unknown
        ? Status.UNKNOWN.withDescription(unknown.error().name())
        : Status.INTERNAL.withDescription(cause.getClass().getSimpleName());
  }

  /** What the other member's answer means; a broken connection leaves the outcome unknown. */
  private static RuntimeException failure(Status status) {
    for (EtcdError error : EtcdError.values()) {
      if (error.name().equals(status.getDescription())) {
        return status.getCode() == Status.Code.UNAVAILABLE
            ? error.asException()
            : new IndeterminateException(error);
      }
    }
    return new IndeterminateException(EtcdError.TIMEOUT);
  }
}
