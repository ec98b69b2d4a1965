package io.holdfast.driver.internal;

import io.holdfast.driver.AsyncConnection;
import io.holdfast.driver.Bytes;
import io.holdfast.driver.Connection;
import io.holdfast.driver.DeleteRequest;
import io.holdfast.driver.DeleteResult;
import io.holdfast.driver.ErrorState;
import io.holdfast.driver.HoldfastException;
import io.holdfast.driver.KeyValue;
import io.holdfast.driver.Lease;
import io.holdfast.driver.LeaseListener;
import io.holdfast.driver.PutRequest;
import io.holdfast.driver.PutResult;
import io.holdfast.driver.RangeRequest;
import io.holdfast.driver.RangeResult;
import io.holdfast.driver.Transaction;
import io.holdfast.driver.TxnRequest;
import io.holdfast.driver.TxnResult;
import io.holdfast.driver.Watch;
import io.holdfast.driver.WatchListener;
import io.holdfast.driver.WatchRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Stream;

/** The connection behind {@code etcd://} URLs: {@link Requests} with somebody waiting. */
final class StoreConnection implements Connection {
  private static final long CLOSE_WAIT_MILLIS = 2000;

  private final Settings settings;
  private final ChannelFactory channels;
  private final DriverThreads threads;
  private final EndpointPool endpoints;
  private final Caller caller;
  private final Wire wire;
  private final Requests requests;
  private final AsyncRequests async;
  private final Set<ManagedWatch> watches = ConcurrentHashMap.newKeySet();
  private final Set<ManagedLease> leases = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean closed = new AtomicBoolean();

  StoreConnection(Settings settings, ChannelFactory channels) {
    this.settings = settings;
    this.channels = channels;
    this.threads = new DriverThreads(settings.callbackThreads());
    this.endpoints =
        new EndpointPool(
            settings.endpoints().stream()
                .map(
                    address ->
                        new Endpoint(
                            address,
                            channels,
                            threads,
                            settings.backoffMin(),
                            settings.backoffMax()))
                .toList());
    this.caller = new Caller(settings, endpoints, threads);
    this.wire = new Wire(settings.namespace(), settings.consistency());
    this.requests = new Requests(caller, wire);
    this.async = new AsyncRequests(this, requests, threads);
  }

  @Override
  public AsyncConnection async() {
    return async;
  }

  @Override
  public Optional<KeyValue> get(Bytes key) {
    return await(requests::get, key);
  }

  @Override
  public RangeResult range(RangeRequest request) {
    return await(requests::range, request);
  }

  @Override
  public Stream<KeyValue> stream(RangeRequest request) {
    return PagedRange.stream(PagedRange.checked(request), settings.pageSize(), this::range);
  }

  @Override
  public PutResult put(PutRequest request) {
    return await(requests::put, request);
  }

  @Override
  public DeleteResult delete(DeleteRequest request) {
    return await(requests::delete, request);
  }

  @Override
  public TxnResult txn(TxnRequest request) {
    return await(requests::txn, request);
  }

  @Override
  public <T> T inTransaction(Function<Transaction, T> work) {
    threads.checkMayBlock();
    return new TransactionRunner(this, settings).run(work);
  }

  @Override
  public Watch watch(WatchRequest request, WatchListener listener) {
    if (closed.get()) {
      throw Caller.connectionClosed();
    }
    ManagedWatch watch =
        new ManagedWatch(caller, wire, requests, request, listener, watches::remove);
    watches.add(watch);
    watch.start();
    if (closed.get()) {
      watch.close();
    }
    return watch;
  }

  @Override
  public Lease lease(Duration ttl, LeaseListener listener) {
    return await(wanted -> grant(wanted, listener), ttl);
  }

  CompletableFuture<Lease> grant(Duration ttl, LeaseListener listener) {
    return ManagedLease.grant(caller, requests, ttl, listener, leases::remove)
        .thenApply(
            lease -> {
              leases.add(lease);
              if (closed.get()) {
                lease.abandon();
              }
              return lease;
            });
  }

  @Override
  public long compact(long revision) {
    return await(requests::compact, revision);
  }

  @Override
  public List<String> endpoints() {
    return endpoints.names();
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    watches.forEach(ManagedWatch::close);
    leases.forEach(ManagedLease::abandon);
    caller.close();
    Thread cleaner = new Thread(this::release, "holdfast-close");
    cleaner.setDaemon(true);
    cleaner.start();
    if (!threads.onCallbackThread()) {
      try {
        cleaner.join(CLOSE_WAIT_MILLIS);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Sockets first, then the threads that serve them. */
  private void release() {
    try {
      endpoints.close(CLOSE_WAIT_MILLIS / 2);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    } finally {
      channels.close();
      threads.close();
    }
  }

  /** Sends a request and waits for its answer. */
  private <Q, A> A await(Function<Q, CompletableFuture<A>> send, Q request) {
    threads.checkMayBlock();
    CompletableFuture<A> answer = send.apply(request);
    try {
      return answer.get();
    } catch (ExecutionException failed) {
      throw thrown(failed.getCause());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new HoldfastException(
          ErrorState.TIMED_OUT,
          "the thread was interrupted while it waited for an answer; the request may or may not"
              + " have been executed",
          "",
          endpoints.names(),
          0,
          !(request instanceof RangeRequest || request instanceof Bytes),
          interrupted);
    }
  }

  /** Rethrows with the stack of the thread that waited, not of the one that failed. */
  static RuntimeException thrown(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof HoldfastException known) {
      return new HoldfastException(
          known.errorState(),
          known.getMessage(),
          known.status(),
          known.endpoints(),
          known.revision().orElse(0),
          known.outcomeUnknown(),
          known);
    }
    return new HoldfastException(
        ErrorState.SERVER_ERROR, "the driver failed: " + cause, "", List.of(), 0, false, cause);
  }
}
