package io.holdfast.server.grpc;

import io.grpc.stub.StreamObserver;
import io.holdfast.api.authpb.Permission.Type;
import io.holdfast.api.etcdserverpb.AuthDisableRequest;
import io.holdfast.api.etcdserverpb.AuthDisableResponse;
import io.holdfast.api.etcdserverpb.AuthEnableRequest;
import io.holdfast.api.etcdserverpb.AuthEnableResponse;
import io.holdfast.api.etcdserverpb.AuthGrpc;
import io.holdfast.api.etcdserverpb.AuthRoleAddRequest;
import io.holdfast.api.etcdserverpb.AuthRoleAddResponse;
import io.holdfast.api.etcdserverpb.AuthRoleDeleteRequest;
import io.holdfast.api.etcdserverpb.AuthRoleDeleteResponse;
import io.holdfast.api.etcdserverpb.AuthRoleGetRequest;
import io.holdfast.api.etcdserverpb.AuthRoleGetResponse;
import io.holdfast.api.etcdserverpb.AuthRoleGrantPermissionRequest;
import io.holdfast.api.etcdserverpb.AuthRoleGrantPermissionResponse;
import io.holdfast.api.etcdserverpb.AuthRoleListRequest;
import io.holdfast.api.etcdserverpb.AuthRoleListResponse;
import io.holdfast.api.etcdserverpb.AuthRoleRevokePermissionRequest;
import io.holdfast.api.etcdserverpb.AuthRoleRevokePermissionResponse;
import io.holdfast.api.etcdserverpb.AuthStatusRequest;
import io.holdfast.api.etcdserverpb.AuthStatusResponse;
import io.holdfast.api.etcdserverpb.AuthUserAddRequest;
import io.holdfast.api.etcdserverpb.AuthUserAddResponse;
import io.holdfast.api.etcdserverpb.AuthUserChangePasswordRequest;
import io.holdfast.api.etcdserverpb.AuthUserChangePasswordResponse;
import io.holdfast.api.etcdserverpb.AuthUserDeleteRequest;
import io.holdfast.api.etcdserverpb.AuthUserDeleteResponse;
import io.holdfast.api.etcdserverpb.AuthUserGetRequest;
import io.holdfast.api.etcdserverpb.AuthUserGetResponse;
import io.holdfast.api.etcdserverpb.AuthUserGrantRoleRequest;
import io.holdfast.api.etcdserverpb.AuthUserGrantRoleResponse;
import io.holdfast.api.etcdserverpb.AuthUserListRequest;
import io.holdfast.api.etcdserverpb.AuthUserListResponse;
import io.holdfast.api.etcdserverpb.AuthUserRevokeRoleRequest;
import io.holdfast.api.etcdserverpb.AuthUserRevokeRoleResponse;
import io.holdfast.api.etcdserverpb.AuthenticateRequest;
import io.holdfast.api.etcdserverpb.AuthenticateResponse;
import io.holdfast.server.auth.AccessKind;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.auth.Permission;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.service.AuthService;

/** {@code etcdserverpb.Auth}. */
final class AuthGrpcService extends AuthGrpc.AuthImplBase {
  private static final byte[] OPEN_END = {0};

  private final AuthService auth;

  AuthGrpcService(AuthService auth) {
    this.auth = auth;
  }

  /** Of the call that is being handled. */
  private static Caller caller() {
    return Credential.current().caller();
  }

  @Override
  public void authStatus(AuthStatusRequest request, StreamObserver<AuthStatusResponse> observer) {
    Answers.send(
        observer,
        auth::status,
        (header, status) ->
            AuthStatusResponse.newBuilder()
                .setHeader(header)
                .setEnabled(status.enabled())
                .setAuthRevision(status.authRevision())
                .build());
  }

  @Override
  public void authEnable(AuthEnableRequest request, StreamObserver<AuthEnableResponse> observer) {
    Answers.send(
        observer,
        () -> auth.enable(caller()),
        (header, nothing) -> AuthEnableResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public void authDisable(
      AuthDisableRequest request, StreamObserver<AuthDisableResponse> observer) {
    Answers.send(
        observer,
        () -> auth.disable(caller()),
        (header, nothing) -> AuthDisableResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public void userAdd(AuthUserAddRequest request, StreamObserver<AuthUserAddResponse> observer) {
    Answers.send(
        observer,
        () ->
            auth.userAdd(
                caller(),
                request.getName(),
                request.getPassword(),
                request.getOptions().getNoPassword()),
        (header, nothing) -> AuthUserAddResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public void userDelete(
      AuthUserDeleteRequest request, StreamObserver<AuthUserDeleteResponse> observer) {
    Answers.send(
        observer,
        () -> auth.userDelete(caller(), request.getName()),
        (header, nothing) -> AuthUserDeleteResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public void userChangePassword(
      AuthUserChangePasswordRequest request,
      StreamObserver<AuthUserChangePasswordResponse> observer) {
    Answers.send(
        observer,
        () -> auth.userChangePassword(caller(), request.getName(), request.getPassword()),
        (header, nothing) -> AuthUserChangePasswordResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public void userGrantRole(
      AuthUserGrantRoleRequest request, StreamObserver<AuthUserGrantRoleResponse> observer) {
    Answers.send(
        observer,
        () -> auth.userGrantRole(caller(), request.getUser(), request.getRole()),
        (header, nothing) -> AuthUserGrantRoleResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public void userRevokeRole(
      AuthUserRevokeRoleRequest request, StreamObserver<AuthUserRevokeRoleResponse> observer) {
    Answers.send(
        observer,
        () -> auth.userRevokeRole(caller(), request.getName(), request.getRole()),
        (header, nothing) -> AuthUserRevokeRoleResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public void roleAdd(AuthRoleAddRequest request, StreamObserver<AuthRoleAddResponse> observer) {
    Answers.send(
        observer,
        () -> auth.roleAdd(caller(), request.getName()),
        (header, nothing) -> AuthRoleAddResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public void roleDelete(
      AuthRoleDeleteRequest request, StreamObserver<AuthRoleDeleteResponse> observer) {
    Answers.send(
        observer,
        () -> auth.roleDelete(caller(), request.getRole()),
        (header, nothing) -> AuthRoleDeleteResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public void roleGrantPermission(
      AuthRoleGrantPermissionRequest request,
      StreamObserver<AuthRoleGrantPermissionResponse> observer) {
    Answers.send(
        observer,
        () -> auth.roleGrantPermission(caller(), request.getName(), permission(request)),
        (header, nothing) ->
            AuthRoleGrantPermissionResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public void roleRevokePermission(
      AuthRoleRevokePermissionRequest request,
      StreamObserver<AuthRoleRevokePermissionResponse> observer) {
    Answers.send(
        observer,
        () ->
            auth.roleRevokePermission(
                caller(),
                request.getRole(),
                KeyRange.of(Bytes.of(request.getKey()), Bytes.of(request.getRangeEnd()))),
        (header, nothing) ->
            AuthRoleRevokePermissionResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public void authenticate(
      AuthenticateRequest request, StreamObserver<AuthenticateResponse> observer) {
    Answers.send(
        observer,
        () -> auth.authenticate(request.getName(), request.getPassword()),
        (header, body) ->
            AuthenticateResponse.newBuilder().setHeader(header).setToken(body).build());
  }

  @Override
  public void userGet(AuthUserGetRequest request, StreamObserver<AuthUserGetResponse> observer) {
    Answers.send(
        observer,
        () -> auth.userRoles(caller(), request.getName()),
        (header, body) ->
            AuthUserGetResponse.newBuilder().setHeader(header).addAllRoles(body).build());
  }

  @Override
  public void userList(AuthUserListRequest request, StreamObserver<AuthUserListResponse> observer) {
    Answers.send(
        observer,
        () -> auth.userList(caller()),
        (header, body) ->
            AuthUserListResponse.newBuilder().setHeader(header).addAllUsers(body).build());
  }

  @Override
  public void roleList(AuthRoleListRequest request, StreamObserver<AuthRoleListResponse> observer) {
    Answers.send(
        observer,
        () -> auth.roleList(caller()),
        (header, body) ->
            AuthRoleListResponse.newBuilder().setHeader(header).addAllRoles(body).build());
  }

  @Override
  public void roleGet(AuthRoleGetRequest request, StreamObserver<AuthRoleGetResponse> observer) {
    Answers.send(
        observer,
        () -> auth.rolePermissions(caller(), request.getRole()),
        (header, permissions) -> {
          AuthRoleGetResponse.Builder response = AuthRoleGetResponse.newBuilder().setHeader(header);
          permissions.forEach(permission -> response.addPerm(message(permission)));
          return response.build();
        });
  }

  private static Permission permission(AuthRoleGrantPermissionRequest request) {
    if (!request.hasPerm()) {
      throw EtcdError.PERMISSION_NOT_GIVEN.asException();
    }
    io.holdfast.api.authpb.Permission permission = request.getPerm();
    KeyRange range = KeyRange.of(Bytes.of(permission.getKey()), Bytes.of(permission.getRangeEnd()));
    return switch (permission.getPermType()) {
      case READ -> new Permission(range, AccessKind.READ);
      case WRITE -> new Permission(range, AccessKind.WRITE);
      case READWRITE -> new Permission(range, AccessKind.READ_WRITE);
      case UNRECOGNIZED -> throw EtcdError.INVALID_AUTH_MANAGEMENT.asException();
    };
  }

  private static io.holdfast.api.authpb.Permission message(Permission permission) {
    KeyRange range = permission.range();
    io.holdfast.api.authpb.Permission.Builder message =
        io.holdfast.api.authpb.Permission.newBuilder()
            .setPermType(Type.forNumber(permission.kind().code()))
            .setKey(Bytes.wrap(range.start()));
    if (range.isOpenEnded()) {
      message.setRangeEnd(Bytes.wrap(OPEN_END));
    } else if (!range.isSingle()) {
      message.setRangeEnd(Bytes.wrap(range.end()));
    }
    return message.build();
  }
}
