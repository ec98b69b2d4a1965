package io.holdfast.server.transport;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingClientCall;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.Optional;
import java.util.Set;

/**
 * Says with every call who calls whom in which cluster, and refuses calls that are meant for
 * somebody else: a member that was given another cluster's address must neither vote nor replicate
 * there.
 */
final class Handshake {
  /** Who sent the call that is being served. */
  static final Context.Key<Long> FROM = Context.key("holdfast-from");

  private static final String PROTOCOL = "1";
  private static final Metadata.Key<String> PROTOCOL_KEY = key("holdfast-protocol");
  private static final Metadata.Key<String> CLUSTER_KEY = key("holdfast-cluster");
  private static final Metadata.Key<String> FROM_KEY = key("holdfast-from");
  private static final Metadata.Key<String> TO_KEY = key("holdfast-to");
  private static final int HEXADECIMAL = 16;

  private Handshake() {}

  /** Adds the metadata to every call of a channel. */
  static ClientInterceptor client(long clusterId, long from, long to) {
    return new ClientInterceptor() {
      @Override
      public <Q, A> ClientCall<Q, A> interceptCall(
          MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        return new ForwardingClientCall.SimpleForwardingClientCall<>(
            next.newCall(method, options)) {
          @Override
          public void start(Listener<A> listener, Metadata headers) {
            headers.put(PROTOCOL_KEY, PROTOCOL);
            headers.put(CLUSTER_KEY, Long.toHexString(clusterId));
            headers.put(FROM_KEY, Long.toHexString(from));
            headers.put(TO_KEY, Long.toHexString(to));
            super.start(listener, headers);
          }
        };
      }
    };
  }

  /** Refuses every call that is not from a member of this cluster to this member. */
  static ServerInterceptor server(
      long clusterId, long memberId, Set<Long> members, RefusalLog refusals) {
    return new ServerInterceptor() {
      @Override
      public <Q, A> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        Optional<String> refusal = refusal(headers, clusterId, memberId, members);
        if (refusal.isPresent()) {
          refusals.refused(
              "refused a peer at "
                  + call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)
                  + ": "
                  + refusal.get());
          call.close(Status.FAILED_PRECONDITION.withDescription(refusal.get()), new Metadata());
          return new ServerCall.Listener<>() {};
        }
        Context context =
            Context.current()
                .withValue(FROM, Long.parseUnsignedLong(headers.get(FROM_KEY), HEXADECIMAL));
        return Contexts.interceptCall(context, call, headers, next);
      }
    };
  }

  private static Optional<String> refusal(
      Metadata headers, long clusterId, long memberId, Set<Long> members) {
    String protocol = headers.get(PROTOCOL_KEY);
    if (!PROTOCOL.equals(protocol)) {
      return Optional.of(
          "peer protocol " + protocol + ", this member speaks " + PROTOCOL + ": use one version");
    }
    String cluster = headers.get(CLUSTER_KEY);
    if (!Long.toHexString(clusterId).equals(cluster)) {
      return Optional.of(
          "cluster ID mismatch: the caller is of cluster "
              + cluster
              + ", this member of "
              + Long.toHexString(clusterId)
              + ": give all members the same --initial-cluster and --initial-cluster-token");
    }
    String to = headers.get(TO_KEY);
    if (!Long.toHexString(memberId).equals(to)) {
      return Optional.of(
          "the call is for member "
              + to
              + ", this is "
              + Long.toHexString(memberId)
              + ": correct the peer URLs in --initial-cluster");
    }
    String from = headers.get(FROM_KEY);
    for (Long member : members) {
      if (member != memberId && Long.toHexString(member).equals(from)) {
        return Optional.empty();
      }
    }
    return Optional.of("member " + from + " is not one of this cluster");
  }

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }
}
