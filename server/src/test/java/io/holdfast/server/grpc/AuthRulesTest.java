package io.holdfast.server.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.holdfast.api.etcdserverpb.AuthGrpc;
import io.holdfast.api.etcdserverpb.ClusterGrpc;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.LeaseGrpc;
import io.holdfast.api.etcdserverpb.MaintenanceGrpc;
import io.holdfast.api.etcdserverpb.WatchGrpc;
import io.holdfast.api.v3electionpb.ElectionGrpc;
import io.holdfast.api.v3lockpb.LockGrpc;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The table of rules beside the services' own descriptors. */
class AuthRulesTest {
  private static final List<ServiceDescriptor> SERVICES =
      List.of(
          KVGrpc.getServiceDescriptor(),
          WatchGrpc.getServiceDescriptor(),
          LeaseGrpc.getServiceDescriptor(),
          ClusterGrpc.getServiceDescriptor(),
          MaintenanceGrpc.getServiceDescriptor(),
          AuthGrpc.getServiceDescriptor(),
          LockGrpc.getServiceDescriptor(),
          ElectionGrpc.getServiceDescriptor());

  @Test
  void everyMethodHasARule() {
    Set<String> without = new TreeSet<>();
    for (ServiceDescriptor service : SERVICES) {
      for (MethodDescriptor<?, ?> method : service.getMethods()) {
        if (AuthRules.of(method.getFullMethodName()).isEmpty()) {
          without.add(method.getFullMethodName());
        }
      }
    }
    assertTrue(without.isEmpty(), "without a rule, refused to everybody: " + without);
  }

  @Test
  void nothingButSigningInIsOpen() {
    Set<String> open = new TreeSet<>();
    for (ServiceDescriptor service : SERVICES) {
      for (MethodDescriptor<?, ?> method : service.getMethods()) {
        if (AuthRules.of(method.getFullMethodName()).equals(Optional.of(AuthRules.Rule.OPEN))) {
          open.add(method.getFullMethodName());
        }
      }
    }
    assertEquals(Set.of("etcdserverpb.Auth/AuthStatus", "etcdserverpb.Auth/Authenticate"), open);
  }
}
