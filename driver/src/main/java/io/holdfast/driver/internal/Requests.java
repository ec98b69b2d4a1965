package io.holdfast.driver.internal;

import io.holdfast.api.etcdserverpb.CompactionRequest;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.LeaseGrantRequest;
import io.holdfast.api.etcdserverpb.LeaseGrantResponse;
import io.holdfast.api.etcdserverpb.LeaseGrpc;
import io.holdfast.api.etcdserverpb.LeaseKeepAliveRequest;
import io.holdfast.api.etcdserverpb.LeaseKeepAliveResponse;
import io.holdfast.api.etcdserverpb.LeaseRevokeRequest;
import io.holdfast.api.etcdserverpb.LeaseRevokeResponse;
import io.holdfast.driver.Bytes;
import io.holdfast.driver.DeleteRequest;
import io.holdfast.driver.DeleteResult;
import io.holdfast.driver.HoldfastException;
import io.holdfast.driver.KeyRange;
import io.holdfast.driver.KeyValue;
import io.holdfast.driver.Operation;
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
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Every request of the protocol that the driver makes; answers complete on transport threads. */
final class Requests {
  private final Caller caller;
  private final Wire wire;

  Requests(Caller caller, Wire wire) {
    this.caller = caller;
    this.wire = wire;
  }

  CompletableFuture<Optional<KeyValue>> get(Bytes key) {
    return range(RangeRequest.of(KeyRange.single(key)))
        .thenApply(found -> found.keyValues().stream().findFirst());
  }

  CompletableFuture<RangeResult> range(RangeRequest request) {
    return caller
        .call(KVGrpc.getRangeMethod(), wire.range(request), Caller.Kind.REPEATABLE)
        .thenApply(wire::range);
  }

  /** Reads page after page; completes with the revision that all of them show. */
  CompletableFuture<Long> forEachPage(
      RangeRequest request, Consumer<List<KeyValue>> page, Executor pageExecutor) {
    return nextPage(new PagedRange(request, caller.settings().pageSize()), page, pageExecutor);
  }

  private CompletableFuture<Long> nextPage(
      PagedRange pages, Consumer<List<KeyValue>> page, Executor pageExecutor) {
    return range(pages.nextRequest())
        .thenComposeAsync(
            result -> {
              page.accept(result.keyValues());
              return pages.hasMoreAfter(result)
                  ? nextPage(pages, page, pageExecutor)
                  : CompletableFuture.completedFuture(pages.revision());
            },
            pageExecutor);
  }

  CompletableFuture<PutResult> put(PutRequest request) {
    return caller
        .call(KVGrpc.getPutMethod(), wire.put(request), Caller.Kind.ONCE)
        .thenApply(wire::put);
  }

  CompletableFuture<DeleteResult> delete(DeleteRequest request) {
    return caller
        .call(KVGrpc.getDeleteRangeMethod(), wire.delete(request), Caller.Kind.ONCE)
        .thenApply(wire::delete);
  }

  CompletableFuture<TxnResult> txn(TxnRequest request) {
    return caller
        .call(
            KVGrpc.getTxnMethod(),
            wire.txn(request),
            isReadOnly(request) ? Caller.Kind.REPEATABLE : Caller.Kind.ONCE)
        .thenApply(wire::txn);
  }

  private static boolean isReadOnly(Operation operation) {
    return operation instanceof RangeRequest
        || operation instanceof TxnRequest txn
            && txn.success().stream().allMatch(Requests::isReadOnly)
            && txn.failure().stream().allMatch(Requests::isReadOnly);
  }

  CompletableFuture<Long> compact(long revision) {
    if (revision <= 0) {
      return CompletableFuture.failedFuture(
          HoldfastException.invalidArgument("a revision is at least 1, but is " + revision));
    }
    CompactionRequest request = CompactionRequest.newBuilder().setRevision(revision).build();
    return caller
        .call(KVGrpc.getCompactMethod(), request, Caller.Kind.ONCE)
        .thenApply(response -> response.getHeader().getRevision());
  }

  /** Repeatable: a lease granted twice is one that nobody keeps alive, and it expires. */
  CompletableFuture<LeaseGrantResponse> grantLease(long ttlSeconds) {
    return caller.call(
        LeaseGrpc.getLeaseGrantMethod(),
        LeaseGrantRequest.newBuilder().setTTL(ttlSeconds).build(),
        Caller.Kind.REPEATABLE);
  }

  /** One renewal on a stream of its own, so that each may go to another endpoint. */
  CompletableFuture<LeaseKeepAliveResponse> keepLeaseAlive(long id, Duration timeout) {
    return caller.call(
        LeaseGrpc.getLeaseKeepAliveMethod(),
        LeaseKeepAliveRequest.newBuilder().setID(id).build(),
        Caller.Kind.REPEATABLE,
        timeout);
  }

  /** Repeatable: a lease that is gone cannot be revoked again. */
  CompletableFuture<LeaseRevokeResponse> revokeLease(long id) {
    return caller.call(
        LeaseGrpc.getLeaseRevokeMethod(),
        LeaseRevokeRequest.newBuilder().setID(id).build(),
        Caller.Kind.REPEATABLE);
  }
}
