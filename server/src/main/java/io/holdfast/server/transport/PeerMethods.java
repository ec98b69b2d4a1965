package io.holdfast.server.transport;

import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.protobuf.ProtoUtils;
import io.holdfast.server.transport.wire.PeerIntegrityRequest;
import io.holdfast.server.transport.wire.PeerIntegrityResponse;
import io.holdfast.server.transport.wire.PeerLeaseRequest;
import io.holdfast.server.transport.wire.PeerLeaseResponse;
import io.holdfast.server.transport.wire.PeerMembersRequest;
import io.holdfast.server.transport.wire.PeerMembersResponse;
import io.holdfast.server.transport.wire.PeerMembershipRequest;
import io.holdfast.server.transport.wire.PeerMembershipResponse;

/** The calls of {@code peer.proto}; frames, parts and empty answers travel as plain bytes. */
final class PeerMethods {
  static final String SERVICE = "holdfast.peer.Peer";
  static final byte[] EMPTY = {};

  static final MethodDescriptor<byte[], byte[]> URGENT =
      bytes("Urgent", MethodType.CLIENT_STREAMING);
  static final MethodDescriptor<byte[], byte[]> BULK = bytes("Bulk", MethodType.CLIENT_STREAMING);
  static final MethodDescriptor<byte[], byte[]> SNAPSHOT =
      bytes("Snapshot", MethodType.BIDI_STREAMING);
  static final MethodDescriptor<PeerLeaseRequest, PeerLeaseResponse> KEEP_LEASE_ALIVE =
      lease("KeepLeaseAlive");
  static final MethodDescriptor<PeerLeaseRequest, PeerLeaseResponse> LEASE_TIME_TO_LIVE =
      lease("LeaseTimeToLive");

  /** Asked by members that join, which know neither the cluster's id nor their own. */
  static final MethodDescriptor<PeerMembersRequest, PeerMembersResponse> MEMBERS =
      MethodDescriptor.newBuilder(
              ProtoUtils.marshaller(PeerMembersRequest.getDefaultInstance()),
              ProtoUtils.marshaller(PeerMembersResponse.getDefaultInstance()))
          .setType(MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, "Members"))
          .build();

  static final MethodDescriptor<PeerMembershipRequest, PeerMembershipResponse> CHANGE_MEMBERSHIP =
      MethodDescriptor.newBuilder(
              ProtoUtils.marshaller(PeerMembershipRequest.getDefaultInstance()),
              ProtoUtils.marshaller(PeerMembershipResponse.getDefaultInstance()))
          .setType(MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, "ChangeMembership"))
          .build();

  static final MethodDescriptor<PeerIntegrityRequest, PeerIntegrityResponse> INTEGRITY =
      MethodDescriptor.newBuilder(
              ProtoUtils.marshaller(PeerIntegrityRequest.getDefaultInstance()),
              ProtoUtils.marshaller(PeerIntegrityResponse.getDefaultInstance()))
          .setType(MethodType.UNARY)
          .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, "Integrity"))
          .build();

  private PeerMethods() {}

  private static MethodDescriptor<byte[], byte[]> bytes(String name, MethodType type) {
    return MethodDescriptor.newBuilder(Bytes.MARSHALLER, Bytes.MARSHALLER)
        .setType(type)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
        .build();
  }

  private static MethodDescriptor<PeerLeaseRequest, PeerLeaseResponse> lease(String name) {
    return MethodDescriptor.newBuilder(
            ProtoUtils.marshaller(PeerLeaseRequest.getDefaultInstance()),
            ProtoUtils.marshaller(PeerLeaseResponse.getDefaultInstance()))
        .setType(MethodType.UNARY)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
        .build();
  }
}
