package io.holdfast.server.transport;

import io.holdfast.server.node.Transport;
import io.holdfast.server.node.TransportListener;
import java.util.Optional;

/** The other members of a cluster, as this one reaches them. Thread-safe. */
public interface Peers extends Transport {
  /**
   * Begins to receive and to connect; once.
   *
   * @param node takes what comes in
   * @throws io.holdfast.server.error.StartupException when an address cannot be listened on
   */
  void start(TransportListener node);

  /** What another member, the leader, says about leases. */
  LeaseAuthority leaseAuthority(long leaderId);

  /** The peer that has been connected for the longest time, the most likely to be in step. */
  Optional<Long> longestConnected();

  /** Whether the connection to a peer has stood since a moment of the monotonic clock. */
  boolean connectedSince(long peerId, long sinceNanos);
}
