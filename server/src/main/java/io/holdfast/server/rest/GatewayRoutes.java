package io.holdfast.server.rest;

import io.grpc.MethodDescriptor;
import io.holdfast.api.etcdserverpb.AuthGrpc;
import io.holdfast.api.etcdserverpb.ClusterGrpc;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.LeaseGrpc;
import io.holdfast.api.etcdserverpb.MaintenanceGrpc;
import io.holdfast.api.etcdserverpb.WatchGrpc;
import io.holdfast.api.v3electionpb.ElectionGrpc;
import io.holdfast.api.v3lockpb.LockGrpc;
import java.util.LinkedHashMap;
import java.util.Map;

/** Which path of the JSON gateway stands for which gRPC method; all are posted to. */
final class GatewayRoutes {
  private GatewayRoutes() {}

  /** All paths, those under etcd 3.3's name of the gateway included. */
  static Map<String, MethodDescriptor<?, ?>> all() {
    Map<String, MethodDescriptor<?, ?>> routes = new LinkedHashMap<>();
    current()
        .forEach(
            (path, method) -> {
              routes.put(path, method);
              routes.put("/v3beta" + path.substring("/v3".length()), method);
            });
    return routes;
  }

  /** The paths under today's name. */
  static Map<String, MethodDescriptor<?, ?>> current() {
    Map<String, MethodDescriptor<?, ?>> routes = new LinkedHashMap<>();
    routes.put("/v3/kv/range", KVGrpc.getRangeMethod());
    routes.put("/v3/kv/put", KVGrpc.getPutMethod());
    routes.put("/v3/kv/deleterange", KVGrpc.getDeleteRangeMethod());
    routes.put("/v3/kv/txn", KVGrpc.getTxnMethod());
    routes.put("/v3/kv/compaction", KVGrpc.getCompactMethod());
    routes.put("/v3/watch", WatchGrpc.getWatchMethod());
    routes.put("/v3/lease/grant", LeaseGrpc.getLeaseGrantMethod());
    routes.put("/v3/lease/keepalive", LeaseGrpc.getLeaseKeepAliveMethod());
    for (String prefix : new String[] {"/v3/lease/", "/v3/kv/lease/"}) {
      routes.put(prefix + "revoke", LeaseGrpc.getLeaseRevokeMethod());
      routes.put(prefix + "timetolive", LeaseGrpc.getLeaseTimeToLiveMethod());
      routes.put(prefix + "leases", LeaseGrpc.getLeaseLeasesMethod());
    }
    routes.put("/v3/cluster/member/add", ClusterGrpc.getMemberAddMethod());
    routes.put("/v3/cluster/member/remove", ClusterGrpc.getMemberRemoveMethod());
    routes.put("/v3/cluster/member/update", ClusterGrpc.getMemberUpdateMethod());
    routes.put("/v3/cluster/member/list", ClusterGrpc.getMemberListMethod());
    routes.put("/v3/cluster/member/promote", ClusterGrpc.getMemberPromoteMethod());
    routes.put("/v3/maintenance/alarm", MaintenanceGrpc.getAlarmMethod());
    routes.put("/v3/maintenance/status", MaintenanceGrpc.getStatusMethod());
    routes.put("/v3/maintenance/defragment", MaintenanceGrpc.getDefragmentMethod());
    routes.put("/v3/maintenance/hash", MaintenanceGrpc.getHashMethod());
    routes.put("/v3/maintenance/hashkv", MaintenanceGrpc.getHashKVMethod());
    routes.put("/v3/maintenance/snapshot", MaintenanceGrpc.getSnapshotMethod());
    routes.put("/v3/maintenance/transfer-leadership", MaintenanceGrpc.getMoveLeaderMethod());
    routes.put("/v3/maintenance/downgrade", MaintenanceGrpc.getDowngradeMethod());
    auth(routes);
    routes.put("/v3/election/campaign", ElectionGrpc.getCampaignMethod());
    routes.put("/v3/election/proclaim", ElectionGrpc.getProclaimMethod());
    routes.put("/v3/election/leader", ElectionGrpc.getLeaderMethod());
    routes.put("/v3/election/observe", ElectionGrpc.getObserveMethod());
    routes.put("/v3/election/resign", ElectionGrpc.getResignMethod());
    routes.put("/v3/lock/lock", LockGrpc.getLockMethod());
    routes.put("/v3/lock/unlock", LockGrpc.getUnlockMethod());
    return routes;
  }

  private static void auth(Map<String, MethodDescriptor<?, ?>> routes) {
    routes.put("/v3/auth/enable", AuthGrpc.getAuthEnableMethod());
    routes.put("/v3/auth/disable", AuthGrpc.getAuthDisableMethod());
    routes.put("/v3/auth/status", AuthGrpc.getAuthStatusMethod());
    routes.put("/v3/auth/authenticate", AuthGrpc.getAuthenticateMethod());
    routes.put("/v3/auth/user/add", AuthGrpc.getUserAddMethod());
    routes.put("/v3/auth/user/get", AuthGrpc.getUserGetMethod());
    routes.put("/v3/auth/user/list", AuthGrpc.getUserListMethod());
    routes.put("/v3/auth/user/delete", AuthGrpc.getUserDeleteMethod());
    routes.put("/v3/auth/user/changepw", AuthGrpc.getUserChangePasswordMethod());
    routes.put("/v3/auth/user/grant", AuthGrpc.getUserGrantRoleMethod());
    routes.put("/v3/auth/user/revoke", AuthGrpc.getUserRevokeRoleMethod());
    routes.put("/v3/auth/role/add", AuthGrpc.getRoleAddMethod());
    routes.put("/v3/auth/role/get", AuthGrpc.getRoleGetMethod());
    routes.put("/v3/auth/role/list", AuthGrpc.getRoleListMethod());
    routes.put("/v3/auth/role/delete", AuthGrpc.getRoleDeleteMethod());
    routes.put("/v3/auth/role/grant", AuthGrpc.getRoleGrantPermissionMethod());
    routes.put("/v3/auth/role/revoke", AuthGrpc.getRoleRevokePermissionMethod());
  }
}
