package io.holdfast.compatibility;

import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.holdfast.api.etcdserverpb.AuthGrpc;
import io.holdfast.api.etcdserverpb.ClusterGrpc;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.LeaseGrpc;
import io.holdfast.api.etcdserverpb.MaintenanceGrpc;
import io.holdfast.api.etcdserverpb.WatchGrpc;
import java.util.Locale;

/** The calls of etcd's interface that are compared. */
public enum Call {
  RANGE(KVGrpc.getRangeMethod(), "/v3/kv/range"),
  PUT(KVGrpc.getPutMethod(), "/v3/kv/put"),
  DELETE_RANGE(KVGrpc.getDeleteRangeMethod(), "/v3/kv/deleterange"),
  TXN(KVGrpc.getTxnMethod(), "/v3/kv/txn"),
  COMPACT(KVGrpc.getCompactMethod(), "/v3/kv/compaction"),
  LEASE_GRANT(LeaseGrpc.getLeaseGrantMethod(), "/v3/lease/grant"),
  LEASE_REVOKE(LeaseGrpc.getLeaseRevokeMethod(), "/v3/lease/revoke"),
  LEASE_KEEP_ALIVE(LeaseGrpc.getLeaseKeepAliveMethod(), "/v3/lease/keepalive"),
  LEASE_TIME_TO_LIVE(LeaseGrpc.getLeaseTimeToLiveMethod(), "/v3/lease/timetolive"),
  LEASE_LEASES(LeaseGrpc.getLeaseLeasesMethod(), "/v3/lease/leases"),
  /** One request on the lane's open stream of watches; its answers are compared as they come. */
  WATCH(WatchGrpc.getWatchMethod(), "/v3/watch"),
  /** The client hangs up on the lane's stream of watches. */
  WATCH_END(WatchGrpc.getWatchMethod(), "/v3/watch"),
  MEMBER_ADD(ClusterGrpc.getMemberAddMethod(), "/v3/cluster/member/add"),
  MEMBER_REMOVE(ClusterGrpc.getMemberRemoveMethod(), "/v3/cluster/member/remove"),
  MEMBER_UPDATE(ClusterGrpc.getMemberUpdateMethod(), "/v3/cluster/member/update"),
  MEMBER_PROMOTE(ClusterGrpc.getMemberPromoteMethod(), "/v3/cluster/member/promote"),
  MEMBER_LIST(ClusterGrpc.getMemberListMethod(), "/v3/cluster/member/list"),
  ALARM(MaintenanceGrpc.getAlarmMethod(), "/v3/maintenance/alarm"),
  STATUS(MaintenanceGrpc.getStatusMethod(), "/v3/maintenance/status"),
  HASH(MaintenanceGrpc.getHashMethod(), "/v3/maintenance/hash"),
  HASH_KV(MaintenanceGrpc.getHashKVMethod(), "/v3/maintenance/hashkv"),
  DEFRAGMENT(MaintenanceGrpc.getDefragmentMethod(), "/v3/maintenance/defragment"),
  MOVE_LEADER(MaintenanceGrpc.getMoveLeaderMethod(), "/v3/maintenance/transfer-leadership"),
  DOWNGRADE(MaintenanceGrpc.getDowngradeMethod(), "/v3/maintenance/downgrade"),
  AUTHENTICATE(AuthGrpc.getAuthenticateMethod(), "/v3/auth/authenticate"),
  AUTH_ENABLE(AuthGrpc.getAuthEnableMethod(), "/v3/auth/enable"),
  AUTH_DISABLE(AuthGrpc.getAuthDisableMethod(), "/v3/auth/disable"),
  AUTH_STATUS(AuthGrpc.getAuthStatusMethod(), "/v3/auth/status"),
  USER_ADD(AuthGrpc.getUserAddMethod(), "/v3/auth/user/add"),
  USER_GET(AuthGrpc.getUserGetMethod(), "/v3/auth/user/get"),
  USER_LIST(AuthGrpc.getUserListMethod(), "/v3/auth/user/list"),
  USER_DELETE(AuthGrpc.getUserDeleteMethod(), "/v3/auth/user/delete"),
  USER_CHANGE_PASSWORD(AuthGrpc.getUserChangePasswordMethod(), "/v3/auth/user/changepw"),
  USER_GRANT_ROLE(AuthGrpc.getUserGrantRoleMethod(), "/v3/auth/user/grant"),
  USER_REVOKE_ROLE(AuthGrpc.getUserRevokeRoleMethod(), "/v3/auth/user/revoke"),
  ROLE_ADD(AuthGrpc.getRoleAddMethod(), "/v3/auth/role/add"),
  ROLE_GET(AuthGrpc.getRoleGetMethod(), "/v3/auth/role/get"),
  ROLE_LIST(AuthGrpc.getRoleListMethod(), "/v3/auth/role/list"),
  ROLE_DELETE(AuthGrpc.getRoleDeleteMethod(), "/v3/auth/role/delete"),
  ROLE_GRANT_PERMISSION(AuthGrpc.getRoleGrantPermissionMethod(), "/v3/auth/role/grant"),
  ROLE_REVOKE_PERMISSION(AuthGrpc.getRoleRevokePermissionMethod(), "/v3/auth/role/revoke");

  private final MethodDescriptor<? extends Message, ? extends Message> method;
  private final String path;
  private final Message prototype;

  Call(MethodDescriptor<? extends Message, ? extends Message> method, String path) {
    this.method = method;
    this.path = path;
    this.prototype =
        (Message)
            ((MethodDescriptor.PrototypeMarshaller<?>) method.getRequestMarshaller())
                .getMessagePrototype();
  }

  /** The method; its types are those of the requests that steps with this call carry. */
  @SuppressWarnings("unchecked")
  MethodDescriptor<Message, Message> method() {
    return (MethodDescriptor<Message, Message>) method;
  }

  /** An empty request. */
  Message prototype() {
    return prototype;
  }

  /** Where the JSON gateway takes it. */
  String path() {
    return path;
  }

  boolean isWatch() {
    return this == WATCH || this == WATCH_END;
  }

  /** As etcd's documentation names it: {@code KV.Range}. */
  public String title() {
    String service = method.getServiceName();
    return service.substring(service.lastIndexOf('.') + 1)
        + "."
        + method.getBareMethodName()
        + (this == WATCH_END ? " (hang up)" : "");
  }

  static Call named(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }
}
