package io.holdfast.server.transport;

import io.grpc.ManagedChannel;
import io.holdfast.server.error.InvariantViolation;
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
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
  private static final int EVENT_LOOPS = 1;
  private static final int SNAPSHOTS_AT_ONCE = 3;

  /** After a failed transfer the peer gets no other one for so long. */
  private static final long SNAPSHOT_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long CLOSE_MILLIS_MAX = 300;

  private final PeerTransportConfig config;
  private final SnapshotStore snapshots;
  private final LeaseAuthority leases;
  private final RefusalLog refusals = new RefusalLog();
  private final Map<Long, PeerLink> links = new HashMap<>();
  private final EventLoopGroup eventLoops;
  private final ExecutorService snapshotSenders;
  private final ExecutorService snapshotDisk;
  private final Semaphore snapshotSlots = new Semaphore(SNAPSHOTS_AT_ONCE);
  private final Set<Long> receivingSnapshot = ConcurrentHashMap.newKeySet();
  private final Map<Long, Long> snapshotFailedAtNanos = new ConcurrentHashMap<>();
  private final SendingRate snapshotRate;
  private TransportListener listener;
  private PeerServer server;

  /**
   * @param snapshots the format in which snapshots travel, and where they arrive
   * @param leases answers the questions of members that follow this one
   */
  public PeerTransport(PeerTransportConfig config, SnapshotStore snapshots, LeaseAuthority leases) {
    this.config = config;
    this.snapshots = snapshots;
    this.leases = leases;
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
    server = new PeerServer(config, node, leases, refusals);
    server.start(eventLoops, snapshots, snapshotDisk);
    for (Long peerId : config.peerUrlsById().keySet()) {
      if (peerId != config.memberId()) {
        links.put(
            peerId, new PeerLink(config, peerId, eventLoops, node, refusals, server::isHeard));
      }
    }
    links.values().forEach(PeerLink::connect);
  }

  @Override
  public void send(Message message) {
    link(message.to()).send(message);
  }

  @Override
  public void sendSnapshot(InstallSnapshot message, SnapshotContent content) {
    long peerId = message.to();
    Optional<ManagedChannel> channel = link(peerId).channel();
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
    PeerLink link = links.get(leaderId);
    return new LeaseCalls(() -> link == null ? Optional.empty() : link.channel());
  }

  @Override
  public Optional<Long> longestConnected() {
    return links.values().stream()
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
    links.values().forEach(PeerLink::close);
    if (server != null) {
      server.close();
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

  private PeerLink link(long peerId) {
    PeerLink link = links.get(peerId);
    InvariantViolation.check(
        link != null, "messages go to members", "no member " + Long.toHexString(peerId));
    return link;
  }
}
