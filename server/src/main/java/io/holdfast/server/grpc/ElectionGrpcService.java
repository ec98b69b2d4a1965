package io.holdfast.server.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.holdfast.api.v3electionpb.CampaignRequest;
import io.holdfast.api.v3electionpb.CampaignResponse;
import io.holdfast.api.v3electionpb.ElectionGrpc;
import io.holdfast.api.v3electionpb.LeaderKey;
import io.holdfast.api.v3electionpb.LeaderRequest;
import io.holdfast.api.v3electionpb.LeaderResponse;
import io.holdfast.api.v3electionpb.ProclaimRequest;
import io.holdfast.api.v3electionpb.ProclaimResponse;
import io.holdfast.api.v3electionpb.ResignRequest;
import io.holdfast.api.v3electionpb.ResignResponse;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.service.ElectionService;
import io.holdfast.server.service.Response;
import io.holdfast.server.service.Waiting;
import java.util.Optional;

/** {@code v3electionpb.Election}. A caller that goes away while it waits leaves the line. */
final class ElectionGrpcService extends ElectionGrpc.ElectionImplBase {
  private final ElectionService elections;

  ElectionGrpcService(ElectionService elections) {
    this.elections = elections;
  }

  /** The use cases on behalf of the call that is being handled. */
  private ElectionService elections() {
    return elections.as(Credential.current()::callerOrNobody);
  }

  @Override
  public void campaign(CampaignRequest request, StreamObserver<CampaignResponse> observer) {
    Waiting<io.holdfast.server.service.LeaderKey> waiting =
        elections()
            .campaign(
                Bytes.of(request.getName()), request.getLease(), Bytes.of(request.getValue()));
    ((ServerCallStreamObserver<CampaignResponse>) observer).setOnCancelHandler(waiting::giveUp);
    Answers.send(
        observer,
        waiting::answer,
        (header, leader) ->
            CampaignResponse.newBuilder()
                .setHeader(header)
                .setLeader(
                    LeaderKey.newBuilder()
                        .setName(request.getName())
                        .setKey(Bytes.wrap(leader.key()))
                        .setRev(leader.createRevision())
                        .setLease(leader.leaseId()))
                .build(),
        Failures::ofRecipe);
  }

  @Override
  public void proclaim(ProclaimRequest request, StreamObserver<ProclaimResponse> observer) {
    Answers.send(
        observer,
        () ->
            elections()
                .proclaim(
                    leader(request.hasLeader(), request.getLeader()), Bytes.of(request.getValue())),
        (header, nothing) -> ProclaimResponse.newBuilder().setHeader(header).build(),
        Failures::ofRecipe);
  }

  @Override
  public void resign(ResignRequest request, StreamObserver<ResignResponse> observer) {
    Answers.send(
        observer,
        () -> elections().resign(leader(request.hasLeader(), request.getLeader())),
        (header, nothing) -> ResignResponse.newBuilder().setHeader(header).build(),
        Failures::ofRecipe);
  }

  @Override
  public void leader(LeaderRequest request, StreamObserver<LeaderResponse> observer) {
    Answers.send(
        observer,
        () -> elections().leader(Bytes.of(request.getName())),
        (header, pair) ->
            LeaderResponse.newBuilder().setHeader(header).setKv(Responses.keyValue(pair)).build(),
        Failures::ofRecipe);
  }

  @Override
  public void observe(LeaderRequest request, StreamObserver<LeaderResponse> observer) {
    ServerCallStreamObserver<LeaderResponse> call =
        (ServerCallStreamObserver<LeaderResponse>) observer;
    Leaders leaders = new Leaders(call);
    call.setOnReadyHandler(leaders::ready);
    call.setOnCancelHandler(leaders::cancel);
    leaders.begin(elections().observe(Bytes.of(request.getName()), leaders));
  }

  private static io.holdfast.server.service.LeaderKey leader(boolean given, LeaderKey leader) {
    if (!given) {
      throw EtcdError.LEADER_KEY_NOT_PROVIDED.asException();
    }
    return new io.holdfast.server.service.LeaderKey(
        Bytes.of(leader.getName()), Bytes.of(leader.getKey()), leader.getRev(), leader.getLease());
  }

  /** Passes the leaders on to one client. */
  private static final class Leaders implements ElectionService.Observer {
    private final ServerCallStreamObserver<LeaderResponse> call;
    private Optional<ElectionService.Observation> observation = Optional.empty();
    private boolean cancelled;

    Leaders(ServerCallStreamObserver<LeaderResponse> call) {
      this.call = call;
    }

    synchronized void begin(ElectionService.Observation running) {
      observation = Optional.of(running);
      if (cancelled) {
        running.close();
      } else if (call.isReady()) {
        running.ready();
      }
    }

    synchronized void ready() {
      observation.ifPresent(ElectionService.Observation::ready);
    }

    synchronized void cancel() {
      cancelled = true;
      observation.ifPresent(ElectionService.Observation::close);
    }

    @Override
    public boolean isReady() {
      return call.isReady();
    }

    @Override
    public void leader(Response<KeyValue> leader) {
      call.onNext(
          LeaderResponse.newBuilder()
              .setHeader(Responses.header(leader.header()))
              .setKv(Responses.keyValue(leader.body()))
              .build());
    }

    @Override
    public void failed(Throwable failure) {
      call.onError(Failures.ofRecipe(failure));
    }
  }
}
