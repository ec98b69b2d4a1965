package io.holdfast.server.grpc;

import io.grpc.stub.StreamObserver;
import io.holdfast.api.etcdserverpb.ClusterGrpc;
import io.holdfast.api.etcdserverpb.Member;
import io.holdfast.api.etcdserverpb.MemberAddRequest;
import io.holdfast.api.etcdserverpb.MemberAddResponse;
import io.holdfast.api.etcdserverpb.MemberListRequest;
import io.holdfast.api.etcdserverpb.MemberListResponse;
import io.holdfast.api.etcdserverpb.MemberPromoteRequest;
import io.holdfast.api.etcdserverpb.MemberPromoteResponse;
import io.holdfast.api.etcdserverpb.MemberRemoveRequest;
import io.holdfast.api.etcdserverpb.MemberRemoveResponse;
import io.holdfast.api.etcdserverpb.MemberUpdateRequest;
import io.holdfast.api.etcdserverpb.MemberUpdateResponse;
import io.holdfast.server.service.ClusterMember;
import io.holdfast.server.service.ClusterService;
import java.util.List;

/** {@code etcdserverpb.Cluster}. */
final class ClusterGrpcService extends ClusterGrpc.ClusterImplBase {
  private final ClusterService cluster;

  ClusterGrpcService(ClusterService cluster) {
    this.cluster = cluster;
  }

  @Override
  public void memberList(MemberListRequest request, StreamObserver<MemberListResponse> observer) {
    Answers.send(
        observer,
        () -> cluster.memberList(request.getLinearizable()),
        (header, members) ->
            MemberListResponse.newBuilder()
                .setHeader(header)
                .addAllMembers(messages(members))
                .build());
  }

  @Override
  public void memberAdd(MemberAddRequest request, StreamObserver<MemberAddResponse> observer) {
    Answers.send(
        observer,
        () -> cluster.memberAdd(request.getPeerURLsList(), request.getIsLearner()),
        (header, added) ->
            MemberAddResponse.newBuilder()
                .setHeader(header)
                .setMember(Responses.member(added.member()))
                .addAllMembers(messages(added.members()))
                .build());
  }

  @Override
  public void memberRemove(
      MemberRemoveRequest request, StreamObserver<MemberRemoveResponse> observer) {
    Answers.send(
        observer,
        () -> cluster.memberRemove(request.getID()),
        (header, members) ->
            MemberRemoveResponse.newBuilder()
                .setHeader(header)
                .addAllMembers(messages(members))
                .build());
  }

  @Override
  public void memberUpdate(
      MemberUpdateRequest request, StreamObserver<MemberUpdateResponse> observer) {
    Answers.send(
        observer,
        () -> cluster.memberUpdate(request.getID(), request.getPeerURLsList()),
        (header, members) ->
            MemberUpdateResponse.newBuilder()
                .setHeader(header)
                .addAllMembers(messages(members))
                .build());
  }

  @Override
  public void memberPromote(
      MemberPromoteRequest request, StreamObserver<MemberPromoteResponse> observer) {
    Answers.send(
        observer,
        () -> cluster.memberPromote(request.getID()),
        (header, members) ->
            MemberPromoteResponse.newBuilder()
                .setHeader(header)
                .addAllMembers(messages(members))
                .build());
  }

  private static List<Member> messages(List<ClusterMember> members) {
    return members.stream().map(Responses::member).toList();
  }
}
