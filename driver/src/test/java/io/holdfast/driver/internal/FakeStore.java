package io.holdfast.driver.internal;

import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.okhttp.OkHttpServerBuilder;
import io.grpc.stub.StreamObserver;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.LeaseGrantRequest;
import io.holdfast.api.etcdserverpb.LeaseGrantResponse;
import io.holdfast.api.etcdserverpb.LeaseGrpc;
import io.holdfast.api.etcdserverpb.LeaseKeepAliveRequest;
import io.holdfast.api.etcdserverpb.LeaseKeepAliveResponse;
import io.holdfast.api.etcdserverpb.PutRequest;
import io.holdfast.api.etcdserverpb.PutResponse;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.api.etcdserverpb.RangeResponse;
import io.holdfast.api.etcdserverpb.ResponseHeader;
import io.holdfast.api.etcdserverpb.WatchCreateRequest;
import io.holdfast.api.etcdserverpb.WatchGrpc;
import io.holdfast.api.etcdserverpb.WatchRequest;
import io.holdfast.api.etcdserverpb.WatchResponse;
import io.holdfast.driver.testing.StoreProcess;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/** A server over real sockets that misbehaves as told. */
final class FakeStore implements AutoCloseable {
  /** A watch as the server sees it. */
  record Opened(WatchCreateRequest request, StreamObserver<WatchResponse> responses) {
    void created(long revision) {
      responses.onNext(
          WatchResponse.newBuilder().setCreated(true).setHeader(header(revision)).build());
    }
  }

  private static final Metadata.Key<String> HAS_LEADER =
      Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);

  final int port;
  final AtomicInteger puts = new AtomicInteger();
  final AtomicInteger ranges = new AtomicInteger();
  final BlockingQueue<Opened> watches = new LinkedBlockingQueue<>();
  final BlockingQueue<String> leaderRequired = new LinkedBlockingQueue<>();
  volatile BiConsumer<PutRequest, StreamObserver<PutResponse>> onPut =
      (request, answer) -> reply(answer, PutResponse.newBuilder().setHeader(header(2)).build());
  volatile BiConsumer<RangeRequest, StreamObserver<RangeResponse>> onRange =
      (request, answer) -> reply(answer, RangeResponse.newBuilder().setHeader(header(2)).build());
  volatile BiConsumer<LeaseKeepAliveRequest, StreamObserver<LeaseKeepAliveResponse>> onKeepAlive =
      (request, answer) ->
          reply(
              answer, LeaseKeepAliveResponse.newBuilder().setID(request.getID()).setTTL(2).build());

  private Server server;

  private FakeStore(int port) {
    this.port = port;
  }

  static FakeStore start() throws IOException {
    FakeStore store = new FakeStore(StoreProcess.freePort());
    store.restart();
    return store;
  }

  String endpoint() {
    return "127.0.0.1:" + port;
  }

  void restart() throws IOException {
    server =
        OkHttpServerBuilder.forPort(
                new InetSocketAddress("127.0.0.1", port), InsecureServerCredentials.create())
            .addService(new Kv())
            .addService(new Watches())
            .addService(new Leases())
            .intercept(new LeaderHeader())
            .build()
            .start();
  }

  /** Cuts every connection. */
  void stop() throws InterruptedException {
    server.shutdownNow();
    server.awaitTermination(10, TimeUnit.SECONDS);
  }

  /** Says goodbye to every connection, and finishes what is under way. */
  void stopGracefully() throws InterruptedException {
    server.shutdown();
    server.awaitTermination(10, TimeUnit.SECONDS);
  }

  Opened nextWatch() throws InterruptedException {
    Opened opened = watches.poll(30, TimeUnit.SECONDS);
    if (opened == null) {
      throw new AssertionError("no watch within 30 s");
    }
    return opened;
  }

  static ResponseHeader header(long revision) {
    return ResponseHeader.newBuilder().setRevision(revision).build();
  }

  static <A> void reply(StreamObserver<A> answer, A message) {
    answer.onNext(message);
    answer.onCompleted();
  }

  static <Q, A> BiConsumer<Q, StreamObserver<A>> failing(Status.Code code, String text) {
    return (request, answer) ->
        answer.onError(Status.fromCode(code).withDescription(text).asRuntimeException());
  }

  @Override
  public void close() throws InterruptedException {
    stop();
  }

  private final class Kv extends KVGrpc.KVImplBase {
    @Override
    public void put(PutRequest request, StreamObserver<PutResponse> answer) {
      puts.incrementAndGet();
      onPut.accept(request, answer);
    }

    @Override
    public void range(RangeRequest request, StreamObserver<RangeResponse> answer) {
      ranges.incrementAndGet();
      onRange.accept(request, answer);
    }
  }

  private final class Watches extends WatchGrpc.WatchImplBase {
    @Override
    public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> responses) {
      return new Ignoring<>() {
        @Override
        public void onNext(WatchRequest request) {
          watches.add(new Opened(request.getCreateRequest(), responses));
        }
      };
    }
  }

  private final class Leases extends LeaseGrpc.LeaseImplBase {
    @Override
    public void leaseGrant(LeaseGrantRequest request, StreamObserver<LeaseGrantResponse> answer) {
      reply(answer, LeaseGrantResponse.newBuilder().setID(7).setTTL(request.getTTL()).build());
    }

    @Override
    public StreamObserver<LeaseKeepAliveRequest> leaseKeepAlive(
        StreamObserver<LeaseKeepAliveResponse> answer) {
      return new Ignoring<>() {
        @Override
        public void onNext(LeaseKeepAliveRequest request) {
          onKeepAlive.accept(request, answer);
        }
      };
    }
  }

  private final class LeaderHeader implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      String wanted = headers.get(HAS_LEADER);
      if (wanted != null) {
        leaderRequired.add(call.getMethodDescriptor().getBareMethodName() + "=" + wanted);
      }
      return next.startCall(call, headers);
    }
  }

  private abstract static class Ignoring<T> implements StreamObserver<T> {
    @Override
    public void onError(Throwable gone) {
      // The client went away, which tests bring about on purpose.
    }

    @Override
    public void onCompleted() {
      // Watches stay open until the client cancels them; renewals were answered at once.
    }
  }
}
