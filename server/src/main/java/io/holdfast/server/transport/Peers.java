package io.holdfast.server.transport;

import io.holdfast.server.apply.Membership;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.node.Transport;
import io.holdfast.server.node.TransportListener;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The other members of a cluster, as this one reaches them. They come, go and move while it runs.
 * Messages to somebody unknown are dropped. Thread-safe.
 */
public interface Peers extends Transport {
  /**
   * Begins to connect to the others; once.
   *
   * @param node takes what comes in
   */
  void start(TransportListener node);

  /**
   * Begins to receive, unless it was begun: a member that is alone needs no open port until another
   * one is about to come. After {@link #start}.
   *
   * @throws io.holdfast.server.error.StartupException when an address cannot be listened on
   */
  void listen();

  /**
   * The membership is another: connects to who came, leaves who went, and ends the connections of
   * those that were removed, telling them why. Does not block.
   */
  void follow(Membership membership);

  /**
   * Somebody counts for Raft although no applied entry says so yet: the entry is logged. Does not
   * block.
   */
  void expect(long memberId, List<String> peerUrls);

  /** What another member, the leader, says about leases. */
  LeaseAuthority leaseAuthority(long leaderId);

  /**
   * Who answers the others' questions about this member's data; before {@link #start}. Without it
   * they are refused.
   */
  default void answerIntegrityWith(Integrity local) {}

  /** What another member says about its data. */
  default Integrity integrity(long memberId) {
    return revision ->
        CompletableFuture.failedStage(EtcdError.TIMEOUT_CONNECTION_LOST.asException());
  }

  /** What goes to and comes from each peer; empty where nobody counts. */
  default List<PeerFigures> figures() {
    return List.of();
  }

  /** What another member, the leader, does about the membership. */
  MembershipAuthority membershipAuthority(long leaderId);

  /** Of some members the one that has been connected longest, the most likely to be in step. */
  Optional<Long> longestConnected(Collection<Long> candidates);

  /** Whether the connection to a peer has stood since a moment of the monotonic clock. */
  boolean connectedSince(long peerId, long sinceNanos);
}
