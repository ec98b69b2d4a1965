package io.holdfast.server.transport;

import java.net.InetSocketAddress;
import java.util.List;

/**
 * Who a transport speaks for and with whom.
 *
 * @param clusterId what both ends of every call must agree on
 * @param memberId this member
 * @param listenAddresses where peers reach this member
 * @param advertisedUrls the URLs of this member, as long as no membership says otherwise
 * @param security how connections are protected
 * @param frameBytesMax the largest frame that is accepted; at least the largest batch of entries
 * @param queueBytesMax bytes of messages that wait for one peer; more are dropped
 * @param snapshotBytesPerSecond how fast snapshots are sent, all together
 */
public record PeerTransportConfig(
    long clusterId,
    long memberId,
    List<InetSocketAddress> listenAddresses,
    List<String> advertisedUrls,
    PeerSecurity security,
    int frameBytesMax,
    long queueBytesMax,
    long snapshotBytesPerSecond) {
  private static final int FRAME_BYTES_MAX = 96 << 20;
  private static final long QUEUE_BYTES_MAX = 80L << 20;
  private static final long SNAPSHOT_BYTES_PER_SECOND = 32L << 20;

  /** The usual bounds, without encryption. */
  public static PeerTransportConfig plaintext(
      long clusterId,
      long memberId,
      List<InetSocketAddress> listenAddresses,
      List<String> advertisedUrls) {
    return new PeerTransportConfig(
        clusterId,
        memberId,
        List.copyOf(listenAddresses),
        List.copyOf(advertisedUrls),
        PeerSecurity.plaintext(),
        FRAME_BYTES_MAX,
        QUEUE_BYTES_MAX,
        SNAPSHOT_BYTES_PER_SECOND);
  }

  /** The same, protected. */
  public PeerTransportConfig withSecurity(PeerSecurity protection) {
    return new PeerTransportConfig(
        clusterId,
        memberId,
        listenAddresses,
        advertisedUrls,
        protection,
        frameBytesMax,
        queueBytesMax,
        snapshotBytesPerSecond);
  }

  /** The same with another rate of snapshots. */
  public PeerTransportConfig withSnapshotBytesPerSecond(long bytes) {
    return new PeerTransportConfig(
        clusterId,
        memberId,
        listenAddresses,
        advertisedUrls,
        security,
        frameBytesMax,
        queueBytesMax,
        bytes);
  }
}
