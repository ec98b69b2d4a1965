package io.holdfast.driver.internal;

import io.holdfast.driver.AsyncConnection;
import io.holdfast.driver.Bytes;
import io.holdfast.driver.DeleteRequest;
import io.holdfast.driver.DeleteResult;
import io.holdfast.driver.KeyValue;
import io.holdfast.driver.Lease;
import io.holdfast.driver.LeaseListener;
import io.holdfast.driver.PutRequest;
import io.holdfast.driver.PutResult;
import io.holdfast.driver.RangeRequest;
import io.holdfast.driver.RangeResult;
import io.holdfast.driver.TxnRequest;
import io.holdfast.driver.TxnResult;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** {@link Requests} for applications: what depends on the answers runs on callback threads. */
final class AsyncRequests implements AsyncConnection {
  private final StoreConnection connection;
  private final Requests requests;
  private final DriverThreads threads;

  AsyncRequests(StoreConnection connection, Requests requests, DriverThreads threads) {
    this.connection = connection;
    this.requests = requests;
    this.threads = threads;
  }

  @Override
  public CompletionStage<Optional<KeyValue>> get(Bytes key) {
    return onCallbackThread(requests.get(key));
  }

  @Override
  public CompletionStage<RangeResult> range(RangeRequest request) {
    return onCallbackThread(requests.range(request));
  }

  @Override
  public CompletionStage<Long> forEachPage(RangeRequest request, Consumer<List<KeyValue>> page) {
    PagedRange.checked(request);
    return onCallbackThread(requests.forEachPage(request, page, threads.callbacks()));
  }

  @Override
  public CompletionStage<PutResult> put(PutRequest request) {
    return onCallbackThread(requests.put(request));
  }

  @Override
  public CompletionStage<DeleteResult> delete(DeleteRequest request) {
    return onCallbackThread(requests.delete(request));
  }

  @Override
  public CompletionStage<TxnResult> txn(TxnRequest request) {
    return onCallbackThread(requests.txn(request));
  }

  @Override
  public CompletionStage<Lease> lease(Duration ttl, LeaseListener listener) {
    return onCallbackThread(connection.grant(ttl, listener));
  }

  @Override
  public CompletionStage<Long> compact(long revision) {
    return onCallbackThread(requests.compact(revision));
  }

  /** A stage whose dependents never run on a transport thread, and fail with the plain cause. */
  private <A> CompletionStage<A> onCallbackThread(CompletableFuture<A> answer) {
    CompletableFuture<A> handedOver = new CompletableFuture<>();
    answer.whenComplete((value, failure) -> handOver(handedOver, value, failure));
    return handedOver.minimalCompletionStage();
  }

  private <A> void handOver(CompletableFuture<A> stage, A value, Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    threads.callBack(
        () -> {
          if (cause == null) {
            stage.complete(value);
          } else {
            stage.completeExceptionally(cause);
          }
        });
  }
}
