package io.holdfast.server.transport;

import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.protobuf.ProtoUtils;
import io.holdfast.server.transport.wire.PeerLeaseRequest;
import io.holdfast.server.transport.wire.PeerLeaseResponse;

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
