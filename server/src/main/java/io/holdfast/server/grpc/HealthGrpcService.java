package io.holdfast.server.grpc;

import grpc.health.v1.HealthGrpc;
import grpc.health.v1.HealthOuterClass.HealthCheckRequest;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse;
import grpc.health.v1.HealthOuterClass.HealthCheckResponse.ServingStatus;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.holdfast.server.service.HealthFacts;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * {@code grpc.health.v1.Health} for the member as a whole (the empty service name): serving from
 * the end of recovery on, unless the member has stopped itself. A lost leader does not count, as in
 * etcd: serializable reads go on, and clients would otherwise leave all members at once.
 */
final class HealthGrpcService extends HealthGrpc.HealthImplBase implements AutoCloseable {
  private static final long CHECK_MILLIS = 500;

  private final Supplier<HealthFacts> facts;
  private final Map<ServerCallStreamObserver<HealthCheckResponse>, ServingStatus> watchers =
      new ConcurrentHashMap<>();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "holdfast-health");
            thread.setDaemon(true);
            return thread;
          });

  HealthGrpcService(Supplier<HealthFacts> facts) {
    this.facts = facts;
    clock.scheduleWithFixedDelay(
        this::tellChanges, CHECK_MILLIS, CHECK_MILLIS, TimeUnit.MILLISECONDS);
  }

  @Override
  public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> observer) {
    if (isUnknown(request, observer)) {
      return;
    }
    observer.onNext(response(current()));
    observer.onCompleted();
  }

  @Override
  public void watch(HealthCheckRequest request, StreamObserver<HealthCheckResponse> observer) {
    ServerCallStreamObserver<HealthCheckResponse> call =
        (ServerCallStreamObserver<HealthCheckResponse>) observer;
    if (isUnknown(request, observer)) {
      return;
    }
    call.setOnCancelHandler(() -> watchers.remove(call));
    ServingStatus now = current();
    call.onNext(response(now));
    watchers.put(call, now);
    if (call.isCancelled()) {
      watchers.remove(call);
    }
  }

  private static boolean isUnknown(
      HealthCheckRequest request, StreamObserver<HealthCheckResponse> observer) {
    if (request.getService().isEmpty()) {
      return false;
    }
    observer.onError(Failures.withoutTrace(Status.NOT_FOUND.withDescription("unknown service")));
    return true;
  }

  private void tellChanges() {
    ServingStatus now = current();
    watchers.replaceAll(
        (call, told) -> {
          if (told != now) {
            call.onNext(response(now));
          }
          return now;
        });
  }

  private ServingStatus current() {
    HealthFacts now = facts.get();
    return now.recoveryDone() && !now.failed() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  }

  private static HealthCheckResponse response(ServingStatus status) {
    return HealthCheckResponse.newBuilder().setStatus(status).build();
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
