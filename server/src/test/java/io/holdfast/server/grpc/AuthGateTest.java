package io.holdfast.server.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.PutRequest;
import io.holdfast.api.etcdserverpb.PutResponse;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.service.AuthService;
import io.netty.channel.DefaultEventLoop;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls with a token that this member does not know yet. */
@Timeout(60)
class AuthGateTest {
  private final CompletableFuture<Long> caughtUp = new CompletableFuture<>();
  private final AtomicInteger handled = new AtomicInteger();
  private final AtomicReference<Caller> caller = new AtomicReference<>();
  private final AtomicReference<Thread> thread = new AtomicReference<>();
  private Server server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws Exception {
    AuthService auth =
        (AuthService)
            Proxy.newProxyInstance(
                AuthService.class.getClassLoader(),
                new Class<?>[] {AuthService.class},
                (proxy, method, arguments) ->
                    switch (method.getName()) {
                      case "isEnabled" -> true;
                      case "isAhead" -> !caughtUp.isDone();
                      case "catchUp" -> caughtUp;
                      case "recognize" -> new Caller.SignedIn("alice", 1);
                      default -> null;
                    });
    KVGrpc.KVImplBase handler =
        new KVGrpc.KVImplBase() {
          @Override
          public void put(PutRequest request, StreamObserver<PutResponse> observer) {
            handled.incrementAndGet();
            thread.set(Thread.currentThread());
            caller.set(Credential.current().caller());
            observer.onNext(PutResponse.getDefaultInstance());
            observer.onCompleted();
          }
        };
    String name = InProcessServerBuilder.generateName();
    server =
        InProcessServerBuilder.forName(name)
            .directExecutor()
            .addService(ServerInterceptors.intercept(handler, new AuthGate(auth, Failures::of)))
            .build()
            .start();
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  private StreamProbe<PutRequest, PutResponse> put() {
    Metadata metadata = new Metadata();
    metadata.put(Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER), "secret.7");
    StreamProbe<PutRequest, PutResponse> probe = new StreamProbe<>();
    KVGrpc.newStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata))
        .put(PutRequest.getDefaultInstance(), probe);
    return probe;
  }

  @Test
  void waitUntilTheMemberHasCaughtUp() throws Exception {
    StreamProbe<PutRequest, PutResponse> call = put();
    assertEquals(0, handled.get());
    caughtUp.complete(7L);
    call.next();
    assertTrue(call.end().isOk());
    assertEquals(new Caller.SignedIn("alice", 1), caller.get());
  }

  /** Handlers go on where they begin, and whoever tells that it has caught up may hold locks. */
  @Test
  void beginOnTheEventLoopOfTheirConnection() throws Exception {
    DefaultEventLoop loop = new DefaultEventLoop();
    try {
      StreamProbe<PutRequest, PutResponse> call = loop.submit(this::put).get();
      caughtUp.complete(7L);
      call.next();
      assertTrue(loop.inEventLoop(thread.get()), thread.get().getName());
    } finally {
      loop.shutdownGracefully();
    }
  }

  @Test
  void neverBeginOnTheThreadThatTellsOfTheProgress() throws Exception {
    StreamProbe<PutRequest, PutResponse> call = put();
    caughtUp.complete(7L);
    call.next();
    assertNotSame(Thread.currentThread(), thread.get());
  }

  @Test
  void areRefusedWhenItCannotCatchUp() throws Exception {
    StreamProbe<PutRequest, PutResponse> call = put();
    caughtUp.completeExceptionally(EtcdError.NO_LEADER.asException());
    Status end = call.end();
    assertEquals(Status.Code.UNAVAILABLE, end.getCode());
    assertEquals("etcdserver: no leader", end.getDescription());
    assertEquals(0, handled.get());
  }

  @Test
  void areForgottenWhenTheClientGoesAwayMeanwhile() throws Exception {
    StreamProbe<PutRequest, PutResponse> call = put();
    call.cancel();
    assertEquals(Status.Code.CANCELLED, call.end().getCode());
    caughtUp.complete(7L);
    assertEquals(0, handled.get());
  }

  @Test
  void beginAtOnceOtherwise() throws Exception {
    caughtUp.complete(7L);
    StreamProbe<PutRequest, PutResponse> call = put();
    assertFalse(call.next().hasHeader());
    assertEquals(1, handled.get());
  }
}
