package io.holdfast.server.transport;

import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.holdfast.server.apply.Membership;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.node.SnapshotStore;
import io.holdfast.server.node.TransportListener;
import io.holdfast.server.raft.message.ForwardPropose;
import io.holdfast.server.raft.message.Message;
import io.holdfast.server.raft.message.ReadIndex;
import io.holdfast.server.transport.wire.PeerLeaseRequest;
import io.holdfast.server.transport.wire.PeerLeaseResponse;
import io.holdfast.server.transport.wire.PeerMembersRequest;
import io.holdfast.server.transport.wire.PeerMembersResponse;
import io.holdfast.server.transport.wire.PeerMembershipRequest;
import io.holdfast.server.transport.wire.PeerMembershipResponse;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;

/** The listening side of the peer port. */
final class PeerServer {
  private static final int HEADER_BYTES_MAX = 8 << 10;
  private static final long KEEPALIVE_SECONDS_MIN = 5;
  private static final int CALLS_PER_CONNECTION_MAX = 1024;

  private static final ServerStreamTracer UNCOUNTED = new ServerStreamTracer() {};

  private final PeerTransportConfig config;
  private final TransportListener listener;
  private final LocalMember member;
  private final PeerBook book;
  private final Handshake.Callers callers;
  private final Integrity integrity;
  private final RefusalLog refusals;

  /** The streams that each peer has open to this member. */
  private final Map<Long, Set<FrameStream>> streams = new ConcurrentHashMap<>();

  /** Counts a peer's calls; those of others are not counted. */
  private final LongFunction<Optional<PeerLink>> links;

  private Server server;

  PeerServer(
      PeerTransportConfig config,
      TransportListener listener,
      LocalMember member,
      PeerBook book,
      Handshake.Callers callers,
      Integrity integrity,
      RefusalLog refusals,
      LongFunction<Optional<PeerLink>> links) {
    this.links = links;
    this.integrity = integrity;
    this.config = config;
    this.listener = listener;
    this.member = member;
    this.book = book;
    this.callers = callers;
    this.refusals = refusals;
  }

  /**
   * Opens the port.
   *
   * @throws StartupException when an address cannot be listened on
   */
  void start(EventLoopGroup eventLoops, SnapshotStore snapshots, Executor disk) {
    InetSocketAddress first = config.listenAddresses().get(0);
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(first, config.security().ofServer(refusals::refused))
            .bossEventLoopGroup(eventLoops)
            .workerEventLoopGroup(eventLoops)
            .channelType(NioServerSocketChannel.class)
            .directExecutor()
            .maxInboundMessageSize(config.frameBytesMax())
            .maxInboundMetadataSize(HEADER_BYTES_MAX)
            .maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION_MAX)
            .permitKeepAliveTime(KEEPALIVE_SECONDS_MIN, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .addStreamTracerFactory(counting())
            .addService(
                ServerInterceptors.intercept(
                    service(snapshots, disk, eventLoops),
                    Handshake.server(
                        config.clusterId(), config.memberId(), book, callers, refusals)));
    for (InetSocketAddress address : config.listenAddresses().subList(1, addresses())) {
      builder.addListenAddress(address);
    }
    try {
      server = builder.build().start();
    } catch (IOException e) {
      throw new StartupException(complaint(first, e), e);
    }
  }

  private ServerStreamTracer.Factory counting() {
    return new ServerStreamTracer.Factory() {
      @Override
      public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
        return Handshake.id(headers)
            .flatMap(links::apply)
            .map(PeerLink::traffic)
            .map(PeerTraffic::ofServer)
            .orElse(UNCOUNTED);
      }
    };
  }

  /** Whether the peer has a stream open, so that its process lives. */
  boolean isHeard(long peerId) {
    Set<FrameStream> open = streams.get(peerId);
    return open != null && !open.isEmpty();
  }

  void close() {
    if (server != null) {
      server.shutdownNow();
    }
  }

  /** Ends the streams of a member that was removed, and tells it why. On the event loop. */
  void dismiss(long memberId) {
    Set<FrameStream> open = streams.get(memberId);
    if (open != null) {
      open.forEach(
          stream ->
              stream.close(Handshake.removed(memberId), Handshake.removal(config.clusterId())));
    }
  }

  /** Waits until the closed server needs its event loop no more. */
  void awaitEnd(long millisMax) throws InterruptedException {
    if (server != null) {
      server.awaitTermination(millisMax, TimeUnit.MILLISECONDS);
    }
  }

  /**
   * Tells before anything is written whether the port can be had.
   *
   * @throws StartupException when it cannot
   */
  static void checkFree(List<InetSocketAddress> addresses) {
    for (InetSocketAddress address : addresses) {
      try (ServerSocket probe = new ServerSocket()) {
        probe.bind(address);
      } catch (IOException e) {
        throw new StartupException(complaint(address, e), e);
      }
    }
  }

  private int addresses() {
    return config.listenAddresses().size();
  }

  private static String complaint(InetSocketAddress address, IOException e) {
    String text = address.getHostString() + ":" + address.getPort();
    Throwable cause = e.getCause() == null ? e : e.getCause();
    String reason = String.valueOf(cause.getMessage());
    return reason.contains("in use")
        ? "address "
            + text
            + " is in use: stop the process that listens there, or give another one with"
            + " --listen-peer-urls"
        : "cannot listen on " + text + " (" + reason + "): correct --listen-peer-urls";
  }

  private ServerServiceDefinition service(
      SnapshotStore snapshots, Executor disk, EventLoopGroup eventLoops) {
    return ServerServiceDefinition.builder(PeerMethods.SERVICE)
        .addMethod(PeerMethods.URGENT, new FrameHandler())
        .addMethod(PeerMethods.BULK, new FrameHandler())
        .addMethod(
            PeerMethods.SNAPSHOT, new SnapshotReceiver(snapshots, listener, disk, eventLoops))
        .addMethod(PeerMethods.KEEP_LEASE_ALIVE, ServerCalls.asyncUnaryCall(this::keepAlive))
        .addMethod(PeerMethods.LEASE_TIME_TO_LIVE, ServerCalls.asyncUnaryCall(this::timeToLive))
        .addMethod(PeerMethods.MEMBERS, ServerCalls.asyncUnaryCall(this::members))
        .addMethod(
            PeerMethods.CHANGE_MEMBERSHIP, ServerCalls.asyncUnaryCall(this::changeMembership))
        .addMethod(
            PeerMethods.INTEGRITY,
            ServerCalls.asyncUnaryCall(
                (request, observer) -> IntegrityCalls.answer(integrity, request, observer)))
        .build();
  }

  private void keepAlive(PeerLeaseRequest request, StreamObserver<PeerLeaseResponse> answer) {
    member
        .leases()
        .keepAlive(request.getLeaseId())
        .whenComplete(
            (ttl, failure) -> {
              if (failure == null) {
                answer.onNext(
                    PeerLeaseResponse.newBuilder()
                        .setFound(ttl > 0)
                        .setRemainingSeconds(ttl)
                        .build());
                answer.onCompleted();
              } else {
                answer.onError(PeerCalls.status(failure).asRuntimeException());
              }
            });
  }

  private void timeToLive(PeerLeaseRequest request, StreamObserver<PeerLeaseResponse> answer) {
    member
        .leases()
        .timeToLive(request.getLeaseId(), request.getKeys())
        .whenComplete(
            (times, failure) -> {
              if (failure == null) {
                answer.onNext(LeaseCalls.response(times));
                answer.onCompleted();
              } else {
                answer.onError(PeerCalls.status(failure).asRuntimeException());
              }
            });
  }

  private void members(PeerMembersRequest request, StreamObserver<PeerMembersResponse> answer) {
    Membership known = member.membership();
    PeerMembersResponse.Builder response =
        PeerMembersResponse.newBuilder()
            .setClusterId(config.clusterId())
            .addAllRemovedIds(known.removedIds());
    known.members().values().forEach(one -> response.addMembers(MembershipMessages.member(one)));
    answer.onNext(response.build());
    answer.onCompleted();
  }

  private void changeMembership(
      PeerMembershipRequest request, StreamObserver<PeerMembershipResponse> answer) {
    member
        .memberships()
        .change(MembershipMessages.change(request))
        .whenComplete(
            (changed, failure) -> {
              if (failure == null) {
                PeerMembershipResponse.Builder response =
                    PeerMembershipResponse.newBuilder().setIndex(changed.index());
                changed
                    .members()
                    .forEach(one -> response.addMembers(MembershipMessages.member(one)));
                answer.onNext(response.build());
                answer.onCompleted();
              } else {
                answer.onError(PeerCalls.status(failure).asRuntimeException());
              }
            });
  }

  /** Opens streams of messages. */
  private final class FrameHandler implements ServerCallHandler<byte[], byte[]> {
    @Override
    public ServerCall.Listener<byte[]> startCall(
        ServerCall<byte[], byte[]> call, Metadata headers) {
      FrameStream stream = new FrameStream(call, Handshake.FROM.get());
      streams.computeIfAbsent(stream.from, peer -> ConcurrentHashMap.newKeySet()).add(stream);
      // Tells the caller that it was accepted.
      call.sendHeaders(new Metadata());
      call.request(1);
      return stream;
    }
  }

  /** Hands the messages of one stream to the node; all on the stream's event loop. */
  private final class FrameStream extends ServerCall.Listener<byte[]> {
    private final ServerCall<byte[], byte[]> call;
    private final long from;
    private boolean closed;

    FrameStream(ServerCall<byte[], byte[]> call, long from) {
      this.call = call;
      this.from = from;
    }

    // One of these two is called once, when the stream has ended.
    @Override
    public void onCancel() {
      ended();
    }

    @Override
    public void onComplete() {
      ended();
    }

    @Override
    public void onMessage(byte[] frame) {
      if (closed) {
        return;
      }
      try {
        deliver(MessageCodec.decode(frame));
        call.request(1);
      } catch (IOException e) {
        refusals.refused("a frame of peer " + Long.toHexString(from) + ": " + e.getMessage());
        close(Status.INVALID_ARGUMENT.withDescription("not a frame"), new Metadata());
      }
    }

    @Override
    public void onHalfClose() {
      if (!closed) {
        call.sendMessage(PeerMethods.EMPTY);
        close(Status.OK, new Metadata());
      }
    }

    void close(Status status, Metadata trailers) {
      if (!closed) {
        closed = true;
        call.close(status, trailers);
      }
    }

    private void ended() {
      closed = true;
      streams.get(from).remove(this);
    }

    private void deliver(List<Message> messages) throws IOException {
      for (int i = 0; i < messages.size(); i++) {
        Message message = messages.get(i);
        if (message.from() != from || message.to() != config.memberId()) {
          throw new IOException("a message under another member's name");
        }
        if (message instanceof ForwardPropose || message instanceof ReadIndex) {
          links.apply(from).ifPresent(PeerLink::asked);
        }
        listener.receive(message);
      }
    }
  }
}
