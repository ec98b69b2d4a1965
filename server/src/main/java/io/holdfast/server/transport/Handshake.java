package io.holdfast.server.transport;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.stub.MetadataUtils;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Says with every call who calls whom in which cluster, and refuses calls that are meant for
 * somebody else: a member that was given another cluster's address must neither vote nor replicate
 * there.
 */
final class Handshake {
  /** Who sent the call that is being served. */
  static final Context.Key<Long> FROM = Context.key("holdfast-from");

  private static final System.Logger LOGGER = System.getLogger(Handshake.class.getName());
  private static final String PROTOCOL = "1";
  private static final Metadata.Key<String> PROTOCOL_KEY = key("holdfast-protocol");
  private static final Metadata.Key<String> CLUSTER_KEY = key("holdfast-cluster");
  private static final Metadata.Key<String> FROM_KEY = key("holdfast-from");
  private static final Metadata.Key<String> TO_KEY = key("holdfast-to");
  private static final Metadata.Key<String> URLS_KEY = key("holdfast-urls");
  private static final Metadata.Key<String> REMOVED_KEY = key("holdfast-removed");
  private static final String STRANGERS_METHOD = PeerMethods.MEMBERS.getFullMethodName();
  private static final int HEXADECIMAL = 16;

  private Handshake() {}

  /**
   * Adds the metadata to every call of a channel.
   *
   * @param ownUrls where the caller is reached
   * @param onRemoved told when the other says that the caller was removed from the cluster
   */
  static ClientInterceptor client(
      long clusterId, long from, long to, Supplier<List<String>> ownUrls, Runnable onRemoved) {
    return new ClientInterceptor() {
      @Override
      public <Q, A> ClientCall<Q, A> interceptCall(
          MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
          @Override
          public void start(Listener<A> listener, Metadata headers) {
            headers.put(PROTOCOL_KEY, PROTOCOL);
            headers.put(CLUSTER_KEY, Long.toHexString(clusterId));
            headers.put(FROM_KEY, Long.toHexString(from));
            headers.put(TO_KEY, Long.toHexString(to));
            headers.put(URLS_KEY, String.join(",", ownUrls.get()));
            super.start(new RemovalListener<>(listener, clusterId, onRemoved), headers);
          }
        };
      }
    };
  }

  /** Adds the metadata for a question that is asked before there is a cluster to speak of. */
  static ClientInterceptor stranger() {
    Metadata headers = new Metadata();
    headers.put(PROTOCOL_KEY, PROTOCOL);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  /** The trailers that tell a caller of its removal. */
  static Metadata removal(long clusterId) {
    Metadata trailers = new Metadata();
    trailers.put(REMOVED_KEY, Long.toHexString(clusterId));
    return trailers;
  }

  /** The status that goes with {@link #removal}. */
  static Status removed(long memberId) {
    return Status.FAILED_PRECONDITION.withDescription(
        "member " + Long.toHexString(memberId) + " was removed from the cluster");
  }

  /**
   * Refuses every call that is not from a member of this cluster to this member.
   *
   * @param callers takes note of a caller and its URLs; false when it is not to be talked to
   */
  static ServerInterceptor server(
      long clusterId, long memberId, PeerBook book, Callers callers, RefusalLog refusals) {
    return new ServerInterceptor() {
      @Override
      public <Q, A> ServerCall.Listener<Q> interceptCall(
          ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        boolean stranger = call.getMethodDescriptor().getFullMethodName().equals(STRANGERS_METHOD);
        Optional<String> refusal =
            stranger ? ofProtocol(headers) : refusal(headers, clusterId, memberId, callers);
        if (refusal.isPresent()) {
          refusals.refused(
              "refused a peer at "
                  + call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)
                  + ": "
                  + refusal.get());
          call.close(
              Status.FAILED_PRECONDITION.withDescription(refusal.get()),
              isOfRemoved(headers, clusterId, book) ? removal(clusterId) : new Metadata());
          return new ServerCall.Listener<>() {};
        }
        if (stranger) {
          return next.startCall(call, headers);
        }
        Context context = Context.current().withValue(FROM, id(headers).orElseThrow());
        return Contexts.interceptCall(context, call, headers, next);
      }
    };
  }

  /** Takes note of who calls. */
  @FunctionalInterface
  interface Callers {
    boolean admit(long memberId, List<String> urls);
  }

  private static boolean isOfRemoved(Metadata headers, long clusterId, PeerBook book) {
    return Long.toHexString(clusterId).equals(headers.get(CLUSTER_KEY))
        && id(headers).map(book::isRemoved).orElse(false);
  }

  /** Who says to be calling; not verified yet. */
  static Optional<Long> id(Metadata headers) {
    try {
      return Optional.ofNullable(headers.get(FROM_KEY))
          .map(text -> Long.parseUnsignedLong(text, HEXADECIMAL));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> ofProtocol(Metadata headers) {
    String protocol = headers.get(PROTOCOL_KEY);
    return PROTOCOL.equals(protocol)
        ? Optional.empty()
        : Optional.of(
            "peer protocol " + protocol + ", this member speaks " + PROTOCOL + ": use one version");
  }

  private static Optional<String> refusal(
      Metadata headers, long clusterId, long memberId, Callers callers) {
    Optional<String> protocol = ofProtocol(headers);
    if (protocol.isPresent()) {
      return protocol;
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
    String urls = Optional.ofNullable(headers.get(URLS_KEY)).orElse("");
    Optional<Long> from = id(headers);
    return from.isPresent() && from.get() != memberId && callers.admit(from.get(), urls(urls))
        ? Optional.empty()
        : Optional.of("member " + headers.get(FROM_KEY) + " is not one of this cluster");
  }

  /** The usable ones of a caller's URLs. */
  private static List<String> urls(String text) {
    List<String> urls = new ArrayList<>();
    for (String url : text.split(",")) {
      try {
        URI uri = new URI(url);
        if (uri.getHost() != null && uri.getPort() > 0) {
          urls.add(url);
        }
      } catch (URISyntaxException e) {
        LOGGER.log(System.Logger.Level.DEBUG, "a caller's URL is unusable: " + url);
      }
    }
    return urls;
  }

  /** Listens for the news that the caller was removed. */
  private static final class RemovalListener<A> extends SimpleForwardingClientCallListener<A> {
    private final long clusterId;
    private final Runnable onRemoved;

    RemovalListener(ClientCall.Listener<A> listener, long clusterId, Runnable onRemoved) {
      super(listener);
      this.clusterId = clusterId;
      this.onRemoved = onRemoved;
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (Long.toHexString(clusterId).equals(trailers.get(REMOVED_KEY))) {
        onRemoved.run();
      }
      super.onClose(status, trailers);
    }
  }

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }
}
