package io.holdfast.server.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.holdfast.api.etcdserverpb.LeaseGrantRequest;
import io.holdfast.api.etcdserverpb.LeaseGrantResponse;
import io.holdfast.api.etcdserverpb.LeaseGrpc;
import io.holdfast.api.etcdserverpb.LeaseKeepAliveRequest;
import io.holdfast.api.etcdserverpb.LeaseKeepAliveResponse;
import io.holdfast.api.etcdserverpb.LeaseLeasesRequest;
import io.holdfast.api.etcdserverpb.LeaseLeasesResponse;
import io.holdfast.api.etcdserverpb.LeaseRevokeRequest;
import io.holdfast.api.etcdserverpb.LeaseRevokeResponse;
import io.holdfast.api.etcdserverpb.LeaseStatus;
import io.holdfast.api.etcdserverpb.LeaseTimeToLiveRequest;
import io.holdfast.api.etcdserverpb.LeaseTimeToLiveResponse;
import io.holdfast.server.service.LeaseService;
import io.holdfast.server.service.Response;
import java.util.concurrent.CompletionStage;

/** {@code etcdserverpb.Lease}. */
final class LeaseGrpcService extends LeaseGrpc.LeaseImplBase {
  private final LeaseService leases;

  LeaseGrpcService(LeaseService leases) {
    this.leases = leases;
  }

  /** The use cases on behalf of the call that is being handled. */
  private LeaseService leases() {
    return leases.as(Credential.current().caller());
  }

  @Override
  public void leaseGrant(LeaseGrantRequest request, StreamObserver<LeaseGrantResponse> observer) {
    Answers.send(
        observer,
        () -> leases().grant(request.getID(), request.getTTL()),
        (header, granted) ->
            LeaseGrantResponse.newBuilder()
                .setHeader(header)
                .setID(granted.leaseId())
                .setTTL(granted.ttlSeconds())
                .build());
  }

  @Override
  public void leaseRevoke(
      LeaseRevokeRequest request, StreamObserver<LeaseRevokeResponse> observer) {
    Answers.send(
        observer,
        () -> leases().revoke(request.getID()),
        (header, nothing) -> LeaseRevokeResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public void leaseTimeToLive(
      LeaseTimeToLiveRequest request, StreamObserver<LeaseTimeToLiveResponse> observer) {
    Answers.send(
        observer,
        () -> leases().timeToLive(request.getID(), request.getKeys()),
        Responses::timeToLive);
  }

  @Override
  public void leaseLeases(
      LeaseLeasesRequest request, StreamObserver<LeaseLeasesResponse> observer) {
    Answers.send(
        observer,
        () -> leases().leases(),
        (header, ids) -> {
          LeaseLeasesResponse.Builder response = LeaseLeasesResponse.newBuilder().setHeader(header);
          for (long id : ids) {
            response.addLeases(LeaseStatus.newBuilder().setID(id));
          }
          return response.build();
        });
  }

  @Override
  public StreamObserver<LeaseKeepAliveRequest> leaseKeepAlive(
      StreamObserver<LeaseKeepAliveResponse> observer) {
    return new KeepAliveStream((ServerCallStreamObserver<LeaseKeepAliveResponse>) observer);
  }

  /**
   * One stream of renewals. They are handled one at a time: the next request is taken from the
   * connection when the one before is answered, which keeps the order and bounds what waits.
   */
  private final class KeepAliveStream implements StreamObserver<LeaseKeepAliveRequest> {
    private final ServerCallStreamObserver<LeaseKeepAliveResponse> observer;
    private boolean renewing;
    private boolean ended;

    KeepAliveStream(ServerCallStreamObserver<LeaseKeepAliveResponse> observer) {
      this.observer = observer;
      observer.disableAutoRequest();
      observer.setOnCancelHandler(this::end);
      observer.request(1);
    }

    @Override
    public void onNext(LeaseKeepAliveRequest request) {
      synchronized (this) {
        renewing = true;
      }
      long id = request.getID();
      CompletionStage<Response<Long>> renewal;
      try {
        renewal = leases().keepAlive(id);
      } catch (RuntimeException e) {
        fail(e);
        return;
      }
      renewal.whenComplete(
          (response, failure) -> {
            if (failure == null) {
              answer(
                  LeaseKeepAliveResponse.newBuilder()
                      .setHeader(Responses.header(response.header()))
                      .setID(id)
                      .setTTL(response.body())
                      .build());
            } else {
              fail(failure);
            }
          });
    }

    private synchronized void answer(LeaseKeepAliveResponse response) {
      renewing = false;
      if (observer.isCancelled()) {
        return;
      }
      observer.onNext(response);
      if (ended) {
        observer.onCompleted();
      } else {
        observer.request(1);
      }
    }

    private synchronized void fail(Throwable failure) {
      if (!observer.isCancelled()) {
        observer.onError(Failures.of(failure));
      }
    }

    private synchronized void end() {
      ended = true;
    }

    @Override
    public void onError(Throwable cause) {
      // The client is gone; there is nobody to tell and nothing to undo.
      end();
    }

    @Override
    public synchronized void onCompleted() {
      ended = true;
      if (!renewing) {
        observer.onCompleted();
      }
    }
  }
}
