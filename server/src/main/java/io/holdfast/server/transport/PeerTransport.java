package io.holdfast.server.transport;

import io.grpc.ManagedChannel;
import io.holdfast.server.apply.Membership;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.node.SnapshotContent;
import io.holdfast.server.node.SnapshotStore;
import io.holdfast.server.node.TransportListener;
import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Members talking to members over gRPC on the peer port, see {@code peer.proto}.
 *
 * <p>Each member opens one connection to every other and sends on it only; answers come over the
 * connection that the other opened. A message goes out on the thread that hands it over while there
 * is room; network threads hand messages to the node and never block.
 */
public final class PeerTransport implements Peers {
  private static final System.Logger LOGGER = System.getLogger(PeerTransport.class.getName());

  /** How often the time to each peer and back is taken. */
  static final long MEASURING_SECONDS = 3;

  private static final int EVENT_LOOPS = 1;
  private static final int SNAPSHOTS_AT_ONCE = 3;

  /** After a failed transfer the peer gets no other one for so long. */
  private static final long SNAPSHOT_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long CLOSE_MILLIS_MAX = 300;

  private final PeerTransportConfig config;
  private final SnapshotStore snapshots;
  private final LocalMember member;
  private final PeerBook book;
  private final RefusalLog refusals;
  private final Map<Long, PeerLink> links = new ConcurrentHashMap<>();
  private final EventLoopGroup eventLoops;
  private final ExecutorService snapshotSenders;
  private final ExecutorService snapshotDisk;
  private final Semaphore snapshotSlots = new Semaphore(SNAPSHOTS_AT_ONCE);
  private final Set<Long> receivingSnapshot = ConcurrentHashMap.newKeySet();
  private final Map<Long, Long> snapshotFailedAtNanos = new ConcurrentHashMap<>();
  private final SendingRate snapshotRate;
  private TransportListener listener;
  private final Object listening = new Object();
  private volatile PeerServer server;
  private boolean started;
  private boolean closed;
  private volatile Integrity integrity =
      revision -> CompletableFuture.failedStage(EtcdError.TIMEOUT.asException());

  /**
   * @param snapshots the format in which snapshots travel, and where they arrive
   * @param member answers what peers ask
   */
  public PeerTransport(PeerTransportConfig config, SnapshotStore snapshots, LocalMember member) {
    this(config, snapshots, member, new RefusalLog());
  }

  PeerTransport(
      PeerTransportConfig config,
      SnapshotStore snapshots,
      LocalMember member,
      RefusalLog refusals) {
    this.refusals = refusals;
    this.config = config;
    this.snapshots = snapshots;
    this.member = member;
    this.book = new PeerBook(config.memberId(), config.advertisedUrls());
    snapshotRate = new SendingRate(config.snapshotBytesPerSecond());
    eventLoops =
        new NioEventLoopGroup(EVENT_LOOPS, new DefaultThreadFactory("holdfast-peer", true));
    snapshotSenders =
        Executors.newCachedThreadPool(new DefaultThreadFactory("holdfast-snapshot-out", true));
    snapshotDisk =
        Executors.newSingleThreadExecutor(new DefaultThreadFactory("holdfast-snapshot-in", true));
  }

  /**
   * Tells before anything is written whether the peer port can be had.
   *
   * @throws io.holdfast.server.error.StartupException when it cannot, with what to do about it
   */
  public static void checkFree(List<InetSocketAddress> addresses) {
    PeerServer.checkFree(addresses);
  }

  @Override
  public void start(TransportListener node) {
    listener = node;
    synchronized (this) {
      started = true;
    }
    connectAll();
    eventLoops.scheduleAtFixedRate(
        () -> links.values().forEach(PeerLink::measure),
        MEASURING_SECONDS,
        MEASURING_SECONDS,
        TimeUnit.SECONDS);
  }

  @Override
  public List<PeerFigures> figures() {
    return links.values().stream().map(PeerLink::figures).toList();
  }

  @Override
  public void listen() {
    // A lock of its own: opening waits for the event loop, which may be waiting for the other.
    synchronized (listening) {
      if (server == null && !eventLoops.isShuttingDown()) {
        PeerServer opened =
            new PeerServer(
                config,
                listener,
                member,
                book,
                this::admit,
                integrity,
                refusals,
                peerId -> Optional.ofNullable(links.get(peerId)));
        opened.start(eventLoops, snapshots, snapshotDisk);
        server = opened;
      }
    }
  }

  @Override
  public void follow(Membership membership) {
    Set<Long> before = book.urlsById().keySet();
    book.follow(membership);
    connectAll();
    for (Long memberId : before) {
      if (book.isRemoved(memberId)) {
        dismiss(memberId);
      }
    }
  }

  @Override
  public void expect(long memberId, List<String> peerUrls) {
    if (book.expect(memberId, peerUrls)) {
      connectAll();
    }
  }

  @Override
  public MembershipAuthority membershipAuthority(long leaderId) {
    return new MembershipCalls(() -> channel(leaderId));
  }

  @Override
  public void send(Message message) {
    PeerLink link = links.get(message.to());
    if (link != null) {
      link.send(message);
    }
  }

  @Override
  public void sendSnapshot(InstallSnapshot message, SnapshotContent content) {
    long peerId = message.to();
    Optional<ManagedChannel> channel = channel(peerId);
    if (channel.isEmpty() || failedLately(peerId) || !receivingSnapshot.add(peerId)) {
      content.close();
      listener.snapshotReported(peerId, false);
      return;
    }
    if (!snapshotSlots.tryAcquire()) {
      receivingSnapshot.remove(peerId);
      content.close();
      listener.snapshotReported(peerId, false);
      return;
    }
    try {
      snapshotSenders.execute(() -> transfer(channel.get(), message, content));
    } catch (RejectedExecutionException e) {
      snapshotSlots.release();
      receivingSnapshot.remove(peerId);
      content.close();
    }
  }

  @Override
  public LeaseAuthority leaseAuthority(long leaderId) {
    return new LeaseCalls(() -> channel(leaderId));
  }

  @Override
  public void answerIntegrityWith(Integrity local) {
    integrity = local;
  }

  @Override
  public Integrity integrity(long memberId) {
    PeerLink link = links.get(memberId);
    return new IntegrityCalls(() -> link == null ? Optional.empty() : link.anyChannel());
  }

  @Override
  public Optional<Long> longestConnected(Collection<Long> candidates) {
    return links.values().stream()
        .filter(link -> candidates.contains(link.peerId()))
        .filter(link -> link.connectedSinceNanos().isPresent())
        .min(Comparator.comparing(link -> link.connectedSinceNanos().orElse(Long.MAX_VALUE)))
        .map(PeerLink::peerId);
  }

  @Override
  public boolean connectedSince(long peerId, long sinceNanos) {
    PeerLink link = links.get(peerId);
    return link != null
        && link.connectedSinceNanos().map(connected -> connected - sinceNanos <= 0).orElse(false);
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      links.values().forEach(PeerLink::close);
    }
    synchronized (listening) {
      if (server != null) {
        server.close();
      }
    }
    // Not interrupted: an interrupt would close the store's file under its reader. The transfers
    // end by themselves, as their connections are gone.
    snapshotSenders.shutdown();
    snapshotDisk.shutdown();
    awaitEnd();
    eventLoops
        .shutdownGracefully(0, CLOSE_MILLIS_MAX, TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(CLOSE_MILLIS_MAX);
  }

  private void awaitEnd() {
    try {
      for (PeerLink link : links.values()) {
        link.awaitEnd(CLOSE_MILLIS_MAX);
      }
      if (server != null) {
        server.awaitEnd(CLOSE_MILLIS_MAX);
      }
      if (!snapshotSenders.awaitTermination(CLOSE_MILLIS_MAX, TimeUnit.MILLISECONDS)
          || !snapshotDisk.awaitTermination(CLOSE_MILLIS_MAX, TimeUnit.MILLISECONDS)) {
        LOGGER.log(System.Logger.Level.WARNING, "a snapshot's transfer did not end in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean failedLately(long peerId) {
    Long failedAt = snapshotFailedAtNanos.get(peerId);
    return failedAt != null && System.nanoTime() - failedAt < SNAPSHOT_PAUSE_NANOS;
  }

  private void transfer(ManagedChannel channel, InstallSnapshot message, SnapshotContent content) {
    boolean delivered = false;
    long start = System.nanoTime();
    SnapshotSender sender = new SnapshotSender(snapshots, snapshotRate);
    try {
      sender.send(channel, message, content);
      delivered = true;
      snapshotFailedAtNanos.remove(message.to());
      LOGGER.log(System.Logger.Level.INFO, transferred("sent", message, sender, start));
    } catch (IOException | RuntimeException e) {
      snapshotFailedAtNanos.put(message.to(), System.nanoTime());
      refusals.refused(
          transferred("could not send", message, sender, start) + ": " + e.getMessage());
    } finally {
      content.close();
      snapshotSlots.release();
      receivingSnapshot.remove(message.to());
      listener.snapshotReported(message.to(), delivered);
    }
  }

  private static String transferred(
      String verb, InstallSnapshot message, SnapshotSender sender, long startNanos) {
    String from = sender.resumedAt() == 0 ? "" : ", going on at byte " + sender.resumedAt();
    return verb
        + " the snapshot at index "
        + message.snapshot().index()
        + " to "
        + Long.toHexString(message.to())
        + " ("
        + sender.sentBytes()
        + " bytes"
        + from
        + ") in "
        + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos)
        + " ms";
  }

  private Optional<ManagedChannel> channel(long peerId) {
    PeerLink link = links.get(peerId);
    return link == null ? Optional.empty() : link.channel();
  }

  private boolean admit(long callerId, List<String> urls) {
    if (book.isKnown(callerId)) {
      return true;
    }
    if (!book.expect(callerId, urls)) {
      return false;
    }
    LOGGER.log(
        System.Logger.Level.INFO,
        "member " + Long.toHexString(callerId) + " at " + urls + " is new to this one");
    connectAll();
    return true;
  }

  /** Brings the connections in line with the book. */
  private synchronized void connectAll() {
    if (!started || closed) {
      return;
    }
    Map<Long, List<String>> wanted = book.urlsById();
    for (PeerLink link : links.values()) {
      if (!link.urls().equals(wanted.get(link.peerId()))) {
        links.remove(link.peerId());
        link.close();
      }
    }
    wanted.forEach(
        (peerId, urls) -> {
          if (!links.containsKey(peerId)) {
            PeerLink link =
                new PeerLink(
                    config,
                    peerId,
                    urls,
                    book,
                    eventLoops,
                    listener,
                    refusals,
                    this::isHeard,
                    member::removed);
            links.put(peerId, link);
            // Elsewhere, as connecting may take a moment and the caller may be the loop.
            eventLoops.execute(link::connect);
          }
        });
  }

  private void dismiss(long memberId) {
    PeerServer open = server;
    if (open != null) {
      eventLoops.execute(() -> open.dismiss(memberId));
    }
  }

  private boolean isHeard(long peerId) {
    PeerServer open = server;
    return open != null && open.isHeard(peerId);
  }
}
