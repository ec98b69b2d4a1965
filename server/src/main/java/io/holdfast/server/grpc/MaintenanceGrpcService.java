package io.holdfast.server.grpc;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.holdfast.api.etcdserverpb.AlarmMember;
import io.holdfast.api.etcdserverpb.AlarmRequest;
import io.holdfast.api.etcdserverpb.AlarmResponse;
import io.holdfast.api.etcdserverpb.AlarmType;
import io.holdfast.api.etcdserverpb.DowngradeInfo;
import io.holdfast.api.etcdserverpb.HashKVRequest;
import io.holdfast.api.etcdserverpb.HashKVResponse;
import io.holdfast.api.etcdserverpb.HashRequest;
import io.holdfast.api.etcdserverpb.HashResponse;
import io.holdfast.api.etcdserverpb.MaintenanceGrpc;
import io.holdfast.api.etcdserverpb.MoveLeaderRequest;
import io.holdfast.api.etcdserverpb.MoveLeaderResponse;
import io.holdfast.api.etcdserverpb.StatusRequest;
import io.holdfast.api.etcdserverpb.StatusResponse;
import io.holdfast.server.service.Alarm;
import io.holdfast.server.service.MaintenanceService;
import io.holdfast.server.service.MemberStatus;
import java.util.concurrent.CompletableFuture;

/** {@code etcdserverpb.Maintenance}. What is not overridden is answered as unimplemented. */
final class MaintenanceGrpcService extends MaintenanceGrpc.MaintenanceImplBase {
  private final MaintenanceService maintenance;

  MaintenanceGrpcService(MaintenanceService maintenance) {
    this.maintenance = maintenance;
  }

  @Override
  public void status(StatusRequest request, StreamObserver<StatusResponse> observer) {
    Answers.send(
        observer,
        () -> CompletableFuture.completedFuture(maintenance.status()),
        MaintenanceGrpcService::status);
  }

  private static StatusResponse status(
      io.holdfast.api.etcdserverpb.ResponseHeader header, MemberStatus status) {
    return StatusResponse.newBuilder()
        .setHeader(header)
        .setVersion(status.version())
        .setDbSize(status.databaseSizeBytes())
        .setLeader(status.leaderId())
        .setRaftIndex(status.raftIndex())
        .setRaftTerm(status.raftTerm())
        .setRaftAppliedIndex(status.raftAppliedIndex())
        .addAllErrors(status.errors())
        .setDbSizeInUse(status.databaseSizeInUseBytes())
        .setIsLearner(status.learner())
        .setStorageVersion(status.storageVersion())
        .setDbSizeQuota(status.databaseQuotaBytes())
        .setDowngradeInfo(DowngradeInfo.getDefaultInstance())
        .build();
  }

  @Override
  public void hashKV(HashKVRequest request, StreamObserver<HashKVResponse> observer) {
    Answers.send(
        observer,
        () -> maintenance.hashKv(request.getRevision()),
        (header, hash) ->
            HashKVResponse.newBuilder()
                .setHeader(header)
                .setHash(hash.hash())
                .setCompactRevision(hash.compactRevision())
                .setHashRevision(hash.hashRevision())
                .build());
  }

  @Override
  public void hash(HashRequest request, StreamObserver<HashResponse> observer) {
    Answers.send(
        observer,
        maintenance::hash,
        (header, hash) -> HashResponse.newBuilder().setHeader(header).setHash(hash).build());
  }

  @Override
  public void alarm(AlarmRequest request, StreamObserver<AlarmResponse> observer) {
    if (request.getAction() != AlarmRequest.AlarmAction.GET) {
      observer.onError(
          Failures.withoutTrace(
              Status.UNIMPLEMENTED.withDescription(
                  "alarms can be listed; raising and clearing them is not implemented")));
      return;
    }
    Answers.send(
        observer,
        maintenance::alarms,
        (header, alarms) -> {
          AlarmResponse.Builder response = AlarmResponse.newBuilder().setHeader(header);
          for (Alarm alarm : alarms) {
            response.addAlarms(
                AlarmMember.newBuilder()
                    .setMemberID(alarm.memberId())
                    .setAlarm(
                        alarm.kind() == Alarm.Kind.NO_SPACE
                            ? AlarmType.NOSPACE
                            : AlarmType.CORRUPT));
          }
          return response.build();
        });
  }

  @Override
  public void moveLeader(MoveLeaderRequest request, StreamObserver<MoveLeaderResponse> observer) {
    Answers.send(
        observer,
        () -> maintenance.moveLeader(request.getTargetID()),
        (header, nothing) -> MoveLeaderResponse.newBuilder().setHeader(header).build());
  }
}
