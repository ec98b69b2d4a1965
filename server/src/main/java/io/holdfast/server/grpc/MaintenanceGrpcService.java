package io.holdfast.server.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.holdfast.api.etcdserverpb.AlarmMember;
import io.holdfast.api.etcdserverpb.AlarmRequest;
import io.holdfast.api.etcdserverpb.AlarmResponse;
import io.holdfast.api.etcdserverpb.DefragmentRequest;
import io.holdfast.api.etcdserverpb.DefragmentResponse;
import io.holdfast.api.etcdserverpb.DowngradeInfo;
import io.holdfast.api.etcdserverpb.DowngradeRequest;
import io.holdfast.api.etcdserverpb.DowngradeResponse;
import io.holdfast.api.etcdserverpb.HashKVRequest;
import io.holdfast.api.etcdserverpb.HashKVResponse;
import io.holdfast.api.etcdserverpb.HashRequest;
import io.holdfast.api.etcdserverpb.HashResponse;
import io.holdfast.api.etcdserverpb.MaintenanceGrpc;
import io.holdfast.api.etcdserverpb.MoveLeaderRequest;
import io.holdfast.api.etcdserverpb.MoveLeaderResponse;
import io.holdfast.api.etcdserverpb.SnapshotRequest;
import io.holdfast.api.etcdserverpb.SnapshotResponse;
import io.holdfast.api.etcdserverpb.StatusRequest;
import io.holdfast.api.etcdserverpb.StatusResponse;
import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.alarm.AlarmType;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.service.MaintenanceService;
import io.holdfast.server.service.MemberStatus;
import io.holdfast.server.service.Response;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** {@code etcdserverpb.Maintenance}. */
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
        .setDowngradeInfo(
            DowngradeInfo.newBuilder()
                .setEnabled(status.downgradeTarget().isPresent())
                .setTargetVersion(status.downgradeTarget().orElse("")))
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
    Answers.send(observer, () -> alarms(request), MaintenanceGrpcService::alarms);
  }

  /** As in etcd, raising or clearing an alarm of no type does nothing. */
  private CompletionStage<Response<List<Alarm>>> alarms(AlarmRequest request) {
    Optional<AlarmType> type =
        switch (request.getAlarm()) {
          case NOSPACE -> Optional.of(AlarmType.NO_SPACE);
          case CORRUPT -> Optional.of(AlarmType.CORRUPT);
          case NONE, UNRECOGNIZED -> Optional.empty();
        };
    if (request.getAction() == AlarmRequest.AlarmAction.GET) {
      return maintenance.alarms(type);
    }
    if (type.isEmpty() || request.getAction() == AlarmRequest.AlarmAction.UNRECOGNIZED) {
      return maintenance.alarms(type).thenApply(known -> new Response<>(known.header(), List.of()));
    }
    return maintenance.setAlarm(
        Credential.current().caller(),
        new Alarm(type.get(), request.getMemberID()),
        request.getAction() == AlarmRequest.AlarmAction.ACTIVATE);
  }

  private static AlarmResponse alarms(
      io.holdfast.api.etcdserverpb.ResponseHeader header, List<Alarm> alarms) {
    AlarmResponse.Builder response = AlarmResponse.newBuilder().setHeader(header);
    for (Alarm alarm : alarms) {
      response.addAlarms(
          AlarmMember.newBuilder()
              .setMemberID(alarm.memberId())
              .setAlarmValue(alarm.type().code()));
    }
    return response.build();
  }

  @Override
  public void defragment(DefragmentRequest request, StreamObserver<DefragmentResponse> observer) {
    Answers.send(
        observer,
        maintenance::defragment,
        // etcd sends no header here, and its clients can tell.
        (header, nothing) -> DefragmentResponse.getDefaultInstance());
  }

  @Override
  public void moveLeader(MoveLeaderRequest request, StreamObserver<MoveLeaderResponse> observer) {
    Answers.send(
        observer,
        () -> maintenance.moveLeader(request.getTargetID()),
        (header, nothing) -> MoveLeaderResponse.newBuilder().setHeader(header).build());
  }

  @Override
  public void downgrade(DowngradeRequest request, StreamObserver<DowngradeResponse> observer) {
    Answers.send(
        observer,
        () ->
            switch (request.getAction()) {
              case VALIDATE -> maintenance.validateDowngrade(request.getVersion());
              case ENABLE -> maintenance.enableDowngrade(request.getVersion());
              case CANCEL -> maintenance.cancelDowngrade();
              case UNRECOGNIZED -> throw EtcdError.UNKNOWN_METHOD.asException();
            },
        (header, version) ->
            DowngradeResponse.newBuilder().setHeader(header).setVersion(version).build());
  }

  @Override
  public void snapshot(SnapshotRequest request, StreamObserver<SnapshotResponse> observer) {
    BackupStreaming.start(maintenance, (ServerCallStreamObserver<SnapshotResponse>) observer);
  }
}
