package io.holdfast.server.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.MetadataUtils;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.LeaseGrpc;
import io.holdfast.api.etcdserverpb.LeaseKeepAliveRequest;
import io.holdfast.api.etcdserverpb.LeaseKeepAliveResponse;
import io.holdfast.api.etcdserverpb.PutRequest;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.api.etcdserverpb.WatchGrpc;
import io.holdfast.api.etcdserverpb.WatchRequest;
import io.holdfast.api.etcdserverpb.WatchResponse;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.IndeterminateException;
import io.holdfast.server.service.HealthFacts;
import io.holdfast.server.service.KeyValueService;
import io.holdfast.server.service.LeaseService;
import io.holdfast.server.service.WatchService;
import io.holdfast.server.watch.WatchStream;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** How failures of the use cases look on the wire; the use cases only fail here. */
@Timeout(60)
class FailureMappingTest {
  private static final long ELECTION_TIMEOUT_MILLIS = 50;

  private volatile Supplier<Object> outcome = () -> null;
  private volatile HealthFacts facts = new HealthFacts(true, 0, 1, true, false, false);
  private final AtomicBoolean streamClosed = new AtomicBoolean();
  private ClientApi api;
  private io.grpc.Server server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws Exception {
    api =
        new ClientApi(
            new ClientApi.UseCases(
                failing(KeyValueService.class),
                failing(LeaseService.class),
                watches(),
                failing(io.holdfast.server.service.ClusterService.class),
                failing(io.holdfast.server.service.MaintenanceService.class),
                failing(io.holdfast.server.service.LockService.class),
                failing(io.holdfast.server.service.ElectionService.class),
                failing(io.holdfast.server.service.AuthService.class),
                () -> facts),
            new ClientApi.Options(1024, ELECTION_TIMEOUT_MILLIS));
    String name = InProcessServerBuilder.generateName();
    server =
        InProcessServerBuilder.forName(name)
            .directExecutor()
            .addServices(api.services())
            .build()
            .start();
    channel = InProcessChannelBuilder.forName(name).build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
    api.close();
  }

  @Test
  void everyErrorOfTheProtocolKeepsItsCodeAndText() {
    for (EtcdError error : EtcdError.values()) {
      outcome = () -> CompletableFuture.failedFuture(error.asException());
      refused(error, this::put);
      outcome =
          () -> {
            throw error.asException();
          };
      refused(error, this::put);
      outcome = () -> CompletableFuture.failedFuture(new CompletionException(error.asException()));
      refused(error, this::put);
    }
  }

  @Test
  void anUnknownOutcomeIsNamedByItsReason() {
    outcome =
        () ->
            CompletableFuture.failedFuture(
                new IndeterminateException(EtcdError.TIMEOUT_LEADER_FAILURE));
    refused(EtcdError.TIMEOUT_LEADER_FAILURE, this::put);
  }

  @Test
  void theUnforeseenKeepsItsDetailsToItself() {
    outcome =
        () -> CompletableFuture.failedFuture(new IllegalStateException("secret-value-of-a-key"));
    Status status = assertThrows(StatusRuntimeException.class, this::put).getStatus();
    assertEquals(Status.Code.INTERNAL, status.getCode());
    assertFalse(status.toString().contains("secret"), status.toString());
  }

  @Test
  void aFailedRenewalEndsTheStreamWithItsError() throws Exception {
    outcome = () -> CompletableFuture.failedFuture(EtcdError.NO_LEADER.asException());
    StreamProbe<LeaseKeepAliveRequest, LeaseKeepAliveResponse> probe = new StreamProbe<>();
    LeaseGrpc.newStub(channel).leaseKeepAlive(probe);
    probe.send(LeaseKeepAliveRequest.newBuilder().setID(1).build());
    Status end = probe.end();
    assertEquals(Status.Code.UNAVAILABLE, end.getCode());
    assertEquals(EtcdError.NO_LEADER.text(), end.getDescription());
  }

  @Test
  void withoutALeaderWhoNeedsOneIsRefusedAndOthersAreNot() {
    facts = new HealthFacts(true, 0, 0, false, false, false);
    outcome = () -> CompletableFuture.failedFuture(EtcdError.KEY_NOT_FOUND.asException());
    refused(
        EtcdError.NO_LEADER,
        () ->
            KVGrpc.newBlockingStub(channel)
                .withInterceptors(wantsLeader())
                .range(RangeRequest.getDefaultInstance()));
    refused(
        EtcdError.KEY_NOT_FOUND,
        () -> KVGrpc.newBlockingStub(channel).range(RangeRequest.getDefaultInstance()));
  }

  @Test
  void whenTheLeaderIsLostTheStreamsThatNeedOneEnd() throws Exception {
    StreamProbe<WatchRequest, WatchResponse> needing = new StreamProbe<>();
    WatchGrpc.newStub(channel).withInterceptors(wantsLeader()).watch(needing);
    facts = new HealthFacts(true, 0, 0, false, false, false);
    Status end = needing.end();
    assertEquals(Status.Code.UNAVAILABLE, end.getCode());
    assertEquals(EtcdError.NO_LEADER.text(), end.getDescription());
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (!streamClosed.get() && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertEquals(true, streamClosed.get(), "the watchers of an ended call are removed");
  }

  @Test
  void healthTellsWhenTheMemberHasStoppedItself() throws Exception {
    StreamProbe<HealthCheckRequest, HealthCheckResponse> probe = new StreamProbe<>();
    io.grpc.stub.ClientCalls.asyncServerStreamingCall(
        channel.newCall(HealthGrpc.getWatchMethod(), io.grpc.CallOptions.DEFAULT),
        HealthCheckRequest.getDefaultInstance(),
        probe);
    assertEquals(ServingStatus.SERVING, probe.next().getStatus());
    facts = new HealthFacts(true, 0, 0, false, false, true);
    assertEquals(ServingStatus.NOT_SERVING, probe.next().getStatus());
    assertEquals(
        ServingStatus.NOT_SERVING,
        HealthGrpc.newBlockingStub(channel)
            .check(HealthCheckRequest.getDefaultInstance())
            .getStatus());
  }

  private void put() {
    KVGrpc.newBlockingStub(channel).put(PutRequest.getDefaultInstance());
  }

  private static void refused(EtcdError error, Executable call) {
    Status status = assertThrows(StatusRuntimeException.class, call).getStatus();
    assertEquals(error.text(), status.getDescription());
    assertEquals(error.code().number(), status.getCode().value());
  }

  private static io.grpc.ClientInterceptor wantsLeader() {
    Metadata metadata = new Metadata();
    metadata.put(Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER), "true");
    return MetadataUtils.newAttachHeadersInterceptor(metadata);
  }

  /** Every method of the use case has the outcome of the moment. */
  /** On anybody's behalf it fails alike; authentication is off. */
  private Object answer(Object proxy, String method) {
    return switch (method) {
      case "isLearner", "isEnabled" -> false;
      case "as" -> proxy;
      default -> outcome.get();
    };
  }

  private <T> T failing(Class<T> useCase) {
    return useCase.cast(
        Proxy.newProxyInstance(
            useCase.getClassLoader(),
            new Class<?>[] {useCase},
            (proxy, method, arguments) -> answer(proxy, method.getName())));
  }

  private WatchService watches() {
    WatchStream stream =
        (WatchStream)
            Proxy.newProxyInstance(
                WatchStream.class.getClassLoader(),
                new Class<?>[] {WatchStream.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("close")) {
                    streamClosed.set(true);
                  }
                  return method.getReturnType() == int.class ? 0 : null;
                });
    return (WatchService)
        Proxy.newProxyInstance(
            WatchService.class.getClassLoader(),
            new Class<?>[] {WatchService.class},
            (proxy, method, arguments) -> stream);
  }
}
