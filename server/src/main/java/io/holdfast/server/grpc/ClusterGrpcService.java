package io.holdfast.server.grpc;

import io.grpc.stub.StreamObserver;
import io.holdfast.api.etcdserverpb.ClusterGrpc;
import io.holdfast.api.etcdserverpb.MemberListRequest;
import io.holdfast.api.etcdserverpb.MemberListResponse;
import io.holdfast.server.service.ClusterMember;
import io.holdfast.server.service.ClusterService;

/** {@code etcdserverpb.Cluster}. Membership is static: calls that change it are unimplemented. */
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
        (header, members) -> {
          MemberListResponse.Builder response = MemberListResponse.newBuilder().setHeader(header);
          for (ClusterMember member : members) {
            response.addMembers(Responses.member(member));
          }
          return response.build();
        });
  }
}
