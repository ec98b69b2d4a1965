package io.holdfast.server.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Metadata;
import io.grpc.Status;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.WatchGrpc;
import io.holdfast.api.v3electionpb.ElectionGrpc;
import io.holdfast.api.v3lockpb.LockGrpc;
import io.holdfast.server.ops.RpcMetrics;
import io.holdfast.server.ops.SlowWork;
import io.holdfast.server.ops.SparseLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CallMetricsTest {
  @Test
  void callsThatAreMeantToWaitAreNeverSlow() {
    for (String method :
        List.of(
            "v3lockpb.Lock/Lock",
            "v3electionpb.Election/Campaign",
            "v3electionpb.Election/Observe",
            "etcdserverpb.Watch/Watch")) {
      assertEquals(List.of(), toldOf(method), method);
    }
  }

  @Test
  void allOthersAreToldOfByTheirNames() {
    for (String method :
        List.of("etcdserverpb.KV/Put", "v3lockpb.Lock/Unlock", "v3electionpb.Election/Leader")) {
      List<String> told = toldOf(method);
      assertEquals(1, told.size(), method);
      assertTrue(told.get(0).contains(method + " (NotFound), took "), told.get(0));
    }
    assertEquals(1, toldOf("made.up/ByAClient").size());
  }

  private static List<String> toldOf(String method) {
    List<String> told = new ArrayList<>();
    CallMetrics metrics =
        new CallMetrics(
            List.of(
                new KVGrpc.KVImplBase() {}.bindService(),
                new WatchGrpc.WatchImplBase() {}.bindService(),
                new LockGrpc.LockImplBase() {}.bindService(),
                new ElectionGrpc.ElectionImplBase() {}.bindService()),
            new RpcMetrics(),
            new SlowWork(Duration.ZERO, new SparseLog(told::add)));
    metrics.newServerStreamTracer(method, new Metadata()).streamClosed(Status.NOT_FOUND);
    return told;
  }
}
