package io.holdfast.server.grpc;

import io.grpc.MethodDescriptor;
import io.holdfast.api.etcdserverpb.AuthGrpc;
import io.holdfast.api.etcdserverpb.ClusterGrpc;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.LeaseGrpc;
import io.holdfast.api.etcdserverpb.MaintenanceGrpc;
import io.holdfast.api.etcdserverpb.WatchGrpc;
import io.holdfast.api.v3electionpb.ElectionGrpc;
import io.holdfast.api.v3lockpb.LockGrpc;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Who may call what, once authentication is on. Every method of the API stands here: one that does
 * not is refused to everybody, and a test compares this table with the service descriptors.
 */
final class AuthRules {
  /** What a call needs before its handler runs. */
  enum Rule {
    /** Nothing. */
    OPEN,
    /** Somebody who has signed in. What they may do with which keys the use case asks. */
    SIGNED_IN,
    /** Somebody with the role root. */
    ROOT
  }

  private static final Map<String, Rule> RULES = new HashMap<>();

  static {
    rule(Rule.OPEN, AuthGrpc.getAuthStatusMethod(), AuthGrpc.getAuthenticateMethod());
    rule(
        Rule.SIGNED_IN,
        KVGrpc.getRangeMethod(),
        KVGrpc.getRangeStreamMethod(),
        KVGrpc.getPutMethod(),
        KVGrpc.getDeleteRangeMethod(),
        KVGrpc.getTxnMethod(),
        WatchGrpc.getWatchMethod(),
        LeaseGrpc.getLeaseGrantMethod(),
        LeaseGrpc.getLeaseRevokeMethod(),
        LeaseGrpc.getLeaseKeepAliveMethod(),
        LeaseGrpc.getLeaseTimeToLiveMethod(),
        LeaseGrpc.getLeaseLeasesMethod(),
        ClusterGrpc.getMemberListMethod(),
        MaintenanceGrpc.getStatusMethod(),
        // Everybody may ask for alarms; raising and clearing them is a command that needs root.
        MaintenanceGrpc.getAlarmMethod(),
        // Everybody may ask about themselves and their own roles.
        AuthGrpc.getUserGetMethod(),
        AuthGrpc.getRoleGetMethod(),
        LockGrpc.getLockMethod(),
        LockGrpc.getUnlockMethod(),
        ElectionGrpc.getCampaignMethod(),
        ElectionGrpc.getProclaimMethod(),
        ElectionGrpc.getLeaderMethod(),
        ElectionGrpc.getObserveMethod(),
        ElectionGrpc.getResignMethod());
    rule(
        Rule.ROOT,
        KVGrpc.getCompactMethod(),
        ClusterGrpc.getMemberAddMethod(),
        ClusterGrpc.getMemberRemoveMethod(),
        ClusterGrpc.getMemberUpdateMethod(),
        ClusterGrpc.getMemberPromoteMethod(),
        MaintenanceGrpc.getDefragmentMethod(),
        MaintenanceGrpc.getHashMethod(),
        MaintenanceGrpc.getHashKVMethod(),
        MaintenanceGrpc.getSnapshotMethod(),
        MaintenanceGrpc.getMoveLeaderMethod(),
        MaintenanceGrpc.getDowngradeMethod(),
        AuthGrpc.getAuthEnableMethod(),
        AuthGrpc.getAuthDisableMethod(),
        AuthGrpc.getUserAddMethod(),
        AuthGrpc.getUserListMethod(),
        AuthGrpc.getUserDeleteMethod(),
        AuthGrpc.getUserChangePasswordMethod(),
        AuthGrpc.getUserGrantRoleMethod(),
        AuthGrpc.getUserRevokeRoleMethod(),
        AuthGrpc.getRoleAddMethod(),
        AuthGrpc.getRoleListMethod(),
        AuthGrpc.getRoleDeleteMethod(),
        AuthGrpc.getRoleGrantPermissionMethod(),
        AuthGrpc.getRoleRevokePermissionMethod());
  }

  private AuthRules() {}

  private static void rule(Rule rule, MethodDescriptor<?, ?>... methods) {
    for (MethodDescriptor<?, ?> method : methods) {
      RULES.put(method.getFullMethodName(), rule);
    }
  }

  /** The rule of a method; empty when there is none. */
  static Optional<Rule> of(String fullMethodName) {
    return Optional.ofNullable(RULES.get(fullMethodName));
  }
}
