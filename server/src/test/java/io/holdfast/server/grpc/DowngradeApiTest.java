package io.holdfast.server.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.holdfast.api.etcdserverpb.DowngradeRequest;
import io.holdfast.api.etcdserverpb.DowngradeRequest.DowngradeAction;
import io.holdfast.api.etcdserverpb.DowngradeResponse;
import io.holdfast.api.etcdserverpb.MaintenanceGrpc;
import io.holdfast.api.etcdserverpb.StatusRequest;
import io.holdfast.api.etcdserverpb.StatusResponse;
import io.holdfast.server.error.EtcdError;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** The downgrade of a cluster, through a socket, on a real member. */
@Timeout(120)
class DowngradeApiTest {
  @TempDir Path directory;
  private LiveMember member;
  private MaintenanceGrpc.MaintenanceBlockingStub maintenance;

  @BeforeEach
  void start() throws Exception {
    member = LiveMember.start(directory);
    maintenance = MaintenanceGrpc.newBlockingStub(member.channel());
  }

  @AfterEach
  void stop() throws Exception {
    member.close();
  }

  @Test
  void aDowngradeStandsUntilItIsCancelled() throws Exception {
    DowngradeResponse possible = downgrade(DowngradeAction.VALIDATE, "3.5");
    assertEquals("3.6", possible.getVersion());
    assertEquals(1, possible.getHeader().getRevision());
    assertFalse(status().getDowngradeInfo().getEnabled(), "asking changes nothing");

    assertEquals("3.6", downgrade(DowngradeAction.ENABLE, "3.5.9").getVersion());
    assertDowngrading();
    refused(
        EtcdError.CLUSTER_HAS_A_DOWNGRADE_JOB_IN_PROGRESS,
        () -> downgrade(DowngradeAction.ENABLE, "3.5"));
    refused(
        EtcdError.CLUSTER_HAS_A_DOWNGRADE_JOB_IN_PROGRESS,
        () -> downgrade(DowngradeAction.VALIDATE, "3.5.0"));

    stop();
    start();
    assertDowngrading();

    assertEquals("3.6", downgrade(DowngradeAction.CANCEL, "").getVersion());
    assertFalse(status().getDowngradeInfo().getEnabled());
    assertEquals("", status().getDowngradeInfo().getTargetVersion());
    assertEquals("3.6.0", status().getStorageVersion());
    refused(EtcdError.NO_INFLIGHT_DOWNGRADE_JOB, () -> downgrade(DowngradeAction.CANCEL, "3.5.0"));
  }

  private void assertDowngrading() {
    StatusResponse status = status();
    assertTrue(status.getDowngradeInfo().getEnabled());
    assertEquals("3.5.0", status.getDowngradeInfo().getTargetVersion());
    assertEquals("3.5.0", status.getStorageVersion());
    assertEquals("3.6.0", status.getVersion(), "the server itself stays what it is");
  }

  @Test
  void onlyTheMinorVersionBeforeIsATarget() {
    for (String target : new String[] {"3.6", "3.6.0", "3.4.0", "3.7", "2.5.0", "4.5.0"}) {
      refused(
          EtcdError.INVALID_DOWNGRADE_TARGET_VERSION,
          () -> downgrade(DowngradeAction.VALIDATE, target));
      refused(
          EtcdError.INVALID_DOWNGRADE_TARGET_VERSION,
          () -> downgrade(DowngradeAction.ENABLE, target));
    }
    for (String target :
        new String[] {"", "3", "3.", "three", "3.5.x", "3.5.0.1", " 3.5", "03.5"}) {
      refused(
          EtcdError.WRONG_DOWNGRADE_TARGET_VERSION_FORMAT,
          () -> downgrade(DowngradeAction.VALIDATE, target));
      refused(
          EtcdError.WRONG_DOWNGRADE_TARGET_VERSION_FORMAT,
          () -> downgrade(DowngradeAction.ENABLE, target));
    }
    assertFalse(status().getDowngradeInfo().getEnabled());
    refused(
        EtcdError.UNKNOWN_METHOD,
        () -> maintenance.downgrade(DowngradeRequest.newBuilder().setActionValue(9).build()));
  }

  private StatusResponse status() {
    return maintenance.status(StatusRequest.getDefaultInstance());
  }

  private DowngradeResponse downgrade(DowngradeAction action, String version) {
    return maintenance.downgrade(
        DowngradeRequest.newBuilder().setAction(action).setVersion(version).build());
  }

  private static void refused(EtcdError error, Executable call) {
    Status status = assertThrows(StatusRuntimeException.class, call).getStatus();
    assertEquals(error.text(), status.getDescription());
    assertEquals(error.code().number(), status.getCode().value());
  }
}
