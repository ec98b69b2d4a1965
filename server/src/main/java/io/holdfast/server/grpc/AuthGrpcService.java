package io.holdfast.server.grpc;

import io.grpc.stub.StreamObserver;
import io.holdfast.api.etcdserverpb.AuthGrpc;
import io.holdfast.api.etcdserverpb.AuthStatusRequest;
import io.holdfast.api.etcdserverpb.AuthStatusResponse;
import io.holdfast.api.etcdserverpb.AuthenticateRequest;
import io.holdfast.api.etcdserverpb.AuthenticateResponse;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.service.MaintenanceService;

/**
 * {@code etcdserverpb.Auth} of a store without users: authentication is off and cannot be turned
 * on. Everything but asking for that is unimplemented.
 */
final class AuthGrpcService extends AuthGrpc.AuthImplBase {
  private static final long FIRST_AUTH_REVISION = 1;

  private final MaintenanceService maintenance;

  AuthGrpcService(MaintenanceService maintenance) {
    this.maintenance = maintenance;
  }

  @Override
  public void authStatus(AuthStatusRequest request, StreamObserver<AuthStatusResponse> observer) {
    observer.onNext(
        AuthStatusResponse.newBuilder()
            .setHeader(Responses.header(maintenance.status().header()))
            .setEnabled(false)
            .setAuthRevision(FIRST_AUTH_REVISION)
            .build());
    observer.onCompleted();
  }

  @Override
  public void authenticate(
      AuthenticateRequest request, StreamObserver<AuthenticateResponse> observer) {
    observer.onError(Failures.of(EtcdError.AUTHENTICATION_IS_NOT_ENABLED));
  }
}
