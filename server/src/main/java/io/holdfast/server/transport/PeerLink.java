package io.holdfast.server.transport;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.holdfast.server.node.TransportListener;
import io.holdfast.server.raft.message.AppendEntries;
import io.holdfast.server.raft.message.AppendEntriesResponse;
import io.holdfast.server.raft.message.ForwardPropose;
import io.holdfast.server.raft.message.Message;
import io.holdfast.server.transport.wire.PeerMembersRequest;
import io.holdfast.server.transport.wire.PeerMembersResponse;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.ConnectException;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;

/**
 * The connection to one peer: kept up for good, with growing and jittered pauses between attempts,
 * so that members coming back do not attack each other in step. A lost connection loses the
 * messages on their way; Raft repeats what it still needs. Thread-safe.
 */
final class PeerLink {
  private static final System.Logger LOGGER = System.getLogger(PeerLink.class.getName());
  private static final long PAUSE_MILLIS_MIN = 50;
  private static final long PAUSE_MILLIS_MAX = 1000;
  private static final long REFUSED_PAUSE_MILLIS = 2000;
  private static final long KEEPALIVE_SECONDS = 10;
  private static final int CONNECT_TIMEOUT_MILLIS = 2000;

  private final PeerTransportConfig config;
  private final long peerId;
  private final List<String> urls;
  private final PeerBook book;
  private final LongConsumer removedBy;
  private final EventLoopGroup eventLoops;
  private final TransportListener listener;
  private final RefusalLog refusals;
  private final LongPredicate heard;
  private final PeerTraffic traffic = new PeerTraffic();
  private final CommitHold commits = new CommitHold();
  private final EventLoop eventLoop;
  private final Lane urgent;
  private final Lane bulk;
  private ManagedChannel channel;

  /** The channel that {@link #close} has shut down. */
  private ManagedChannel ending;

  private int attempts;
  private boolean closed;
  private volatile long connectedAtNanos;
  private volatile boolean connected;

  /**
   * @param book knows where this member itself is reached
   * @param heard whether a peer has a connection to this member, which it opened itself
   * @param removedBy told which peer says that this member was removed from the cluster
   */
  PeerLink(
      PeerTransportConfig config,
      long peerId,
      List<String> urls,
      PeerBook book,
      EventLoopGroup eventLoops,
      TransportListener listener,
      RefusalLog refusals,
      LongPredicate heard,
      LongConsumer removedBy) {
    this.config = config;
    this.peerId = peerId;
    this.urls = urls;
    this.book = book;
    this.removedBy = removedBy;
    this.eventLoops = eventLoops;
    this.listener = listener;
    this.refusals = refusals;
    this.heard = heard;
    eventLoop = eventLoops.next();
    long bytesMax = config.queueBytesMax();
    urgent =
        new Lane(
            PeerMethods.URGENT, bytesMax, eventLoop, this::lost, this::established, this::unsent);
    bulk =
        new Lane(
            PeerMethods.BULK, bytesMax, eventLoop, this::lost, this::established, this::unsent);
  }

  long peerId() {
    return peerId;
  }

  /** Where the peer is. */
  List<String> urls() {
    return urls;
  }

  /** Since when the connection stands, on the monotonic clock; empty when it does not. */
  Optional<Long> connectedSinceNanos() {
    return connected ? Optional.of(connectedAtNanos) : Optional.empty();
  }

  /** The channel to the peer, when the connection stands. */
  synchronized Optional<ManagedChannel> channel() {
    return connected ? Optional.ofNullable(channel) : Optional.empty();
  }

  /**
   * The channel to the peer, whether or not the peer has been heard over it: two members that have
   * nothing to say to each other have not.
   */
  synchronized Optional<ManagedChannel> anyChannel() {
    return Optional.ofNullable(channel);
  }

  PeerTraffic traffic() {
    return traffic;
  }

  /** The figures as of now. */
  PeerFigures figures() {
    return traffic.figures(peerId, connected);
  }

  /** Asks the peer something that every member can answer at once, and takes the time. */
  void measure() {
    Optional<ManagedChannel> standing = channel();
    if (standing.isEmpty()) {
      return;
    }
    long startNanos = System.nanoTime();
    ClientCalls.asyncUnaryCall(
        standing
            .get()
            .newCall(
                PeerMethods.MEMBERS,
                CallOptions.DEFAULT.withDeadlineAfter(
                    PeerTransport.MEASURING_SECONDS, TimeUnit.SECONDS)),
        PeerMembersRequest.getDefaultInstance(),
        new StreamObserver<PeerMembersResponse>() {
          @Override
          public void onNext(PeerMembersResponse answer) {
            traffic.roundTrip(System.nanoTime() - startNanos);
          }

          @Override
          public void onError(Throwable failure) {
            LOGGER.log(
                System.Logger.Level.DEBUG,
                () -> "no answer of peer " + Long.toHexString(peerId) + " to take the time of",
                failure);
          }

          @Override
          public void onCompleted() {
            // The answer has been counted.
          }
        });
  }

  void send(Message message) {
    CommitHold.Verdict verdict = commits.judge(message, System.nanoTime());
    if (verdict == CommitHold.Verdict.SEND) {
      sendNow(message);
    } else if (verdict == CommitHold.Verdict.WAIT_AND_TIME) {
      sendCommitIn(CommitHold.HOLD_NANOS);
    }
  }

  /** The peer has passed something on, and waits to see it applied. */
  void asked() {
    commits.peerAsked(System.nanoTime()).ifPresent(this::sendNow);
  }

  private void sendCommitIn(long nanos) {
    try {
      eventLoop.schedule(this::sendDueCommit, nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "no commit is told: the transport is closed");
    }
  }

  private void sendDueCommit() {
    CommitHold.Due due = commits.due(System.nanoTime());
    due.notice().ifPresent(this::sendNow);
    if (due.again()) {
      sendCommitIn(due.nanosUntilNext());
    }
  }

  private void sendNow(Message message) {
    boolean large =
        message instanceof AppendEntries
            || message instanceof AppendEntriesResponse
            || message instanceof ForwardPropose;
    boolean taken = (large ? bulk : urgent).send(message);
    if (!taken) {
      traffic.sendFailed();
      if (message instanceof AppendEntries) {
        listener.unreachable(peerId);
      }
      unsent(message);
    }
  }

  private void unsent(Message message) {
    if (message instanceof ForwardPropose forwarded) {
      listener.notSent(forwarded);
    }
  }

  /** Starts to connect; once. */
  synchronized void connect() {
    if (closed) {
      return;
    }
    URI url = URI.create(urls.get(attempts % urls.size()));
    NettyChannelBuilder builder =
        NettyChannelBuilder.forAddress(url.getHost(), url.getPort())
            .eventLoopGroup(eventLoops)
            .channelType(NioSocketChannel.class)
            .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
            .directExecutor()
            .disableRetry()
            .maxInboundMessageSize(config.frameBytesMax())
            .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
            .keepAliveTimeout(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
            .intercept(
                traffic.counting(),
                Handshake.client(
                    config.clusterId(),
                    config.memberId(),
                    peerId,
                    book::ownUrls,
                    () -> removedBy.accept(peerId)));
    config.security().protect(builder, url);
    ManagedChannel opened = builder.build();
    channel = opened;
    urgent.start(opened);
    bulk.start(opened);
  }

  /** Gives the connection up for good. */
  void close() {
    ManagedChannel closing;
    synchronized (this) {
      closed = true;
      connected = false;
      closing = channel;
      channel = null;
      ending = closing;
    }
    urgent.stop();
    bulk.stop();
    if (closing != null) {
      closing.shutdownNow();
    }
  }

  /** Waits until the closed connection needs its event loop no more. */
  void awaitEnd(long millisMax) throws InterruptedException {
    ManagedChannel closing;
    synchronized (this) {
      closing = ending;
    }
    if (closing != null) {
      closing.awaitTermination(millisMax, TimeUnit.MILLISECONDS);
    }
  }

  private void established() {
    synchronized (this) {
      if (connected || closed) {
        return;
      }
      attempts = 0;
      connectedAtNanos = System.nanoTime();
      connected = true;
    }
    LOGGER.log(
        System.Logger.Level.INFO, "connected to peer " + Long.toHexString(peerId) + " at " + urls);
  }

  /** One of the streams ended: both are given up, and the connection is made anew. */
  private void lost(Status status) {
    ManagedChannel closing;
    boolean wasConnected;
    long pauseMillis;
    synchronized (this) {
      if (closed || channel == null) {
        return;
      }
      closing = channel;
      channel = null;
      wasConnected = connected;
      connected = false;
      pauseMillis = pauseMillis(status);
      attempts++;
    }
    urgent.stop();
    bulk.stop();
    closing.shutdownNow();
    if (wasConnected) {
      traffic.disconnected();
    }
    report(status, wasConnected);
    listener.unreachable(peerId);
    if (isRefusal(status) && !heard.test(peerId)) {
      listener.gone(peerId);
    }
    try {
      eventLoops.schedule(this::connect, pauseMillis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "no new connection: the transport is closed");
    }
  }

  /** Whether the peer's machine said that nobody listens there; a mere silence does not count. */
  private static boolean isRefusal(Status status) {
    return status.getCause() instanceof ConnectException cause
        && !(cause instanceof ConnectTimeoutException);
  }

  private void report(Status status, boolean wasConnected) {
    if (status.getCode() == Status.Code.FAILED_PRECONDITION) {
      refusals.refused("peer " + Long.toHexString(peerId) + " refused: " + status.getDescription());
      return;
    }
    String peer = "peer " + Long.toHexString(peerId) + " at " + urls + ": ";
    Optional<String> unprotected = TlsFailure.of(status.getCause());
    if (unprotected.isPresent()) {
      refusals.refused("TLS: no connection to " + peer + unprotected.get());
    } else if (wasConnected) {
      LOGGER.log(System.Logger.Level.INFO, "lost " + peer + status.getDescription());
    }
  }

  private long pauseMillis(Status status) {
    long pause =
        status.getCode() == Status.Code.FAILED_PRECONDITION
            ? REFUSED_PAUSE_MILLIS
            : Math.min(PAUSE_MILLIS_MAX, PAUSE_MILLIS_MIN << Math.min(attempts, 10));
    return pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1);
  }
}
