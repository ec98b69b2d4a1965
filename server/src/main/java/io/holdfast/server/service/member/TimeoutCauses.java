package io.holdfast.server.service.member;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.raft.RaftStatus;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Why a request got no outcome in time, told as etcd tells it: its leader failed meanwhile, the
 * connection was lost, or neither is known.
 */
final class TimeoutCauses {
  /** Whether a peer has been connected without a break since a moment of the monotonic clock. */
  @FunctionalInterface
  interface Connections {
    boolean connectedSince(long peerId, long sinceNanos);
  }

  private final Supplier<RaftStatus> status;
  private final Connections connections;
  private final long interregnumNanos;
  private volatile long leaderKnownSinceNanos;
  private volatile boolean leaderSeen;

  TimeoutCauses(Supplier<RaftStatus> status, Connections connections, int electionTimeoutMillis) {
    this.status = status;
    this.connections = connections;
    this.interregnumNanos = TimeUnit.MILLISECONDS.toNanos(2L * electionTimeoutMillis);
  }

  /** Another leader became known. */
  void leaderChanged(long nowNanos) {
    leaderKnownSinceNanos = nowNanos;
    leaderSeen = true;
  }

  /** The error for a request that was given up now. */
  EtcdError of(long requestStartNanos) {
    RaftStatus now = status.get();
    if (leaderSeen
        && requestStartNanos - leaderKnownSinceNanos < 0
        && requestStartNanos - (leaderKnownSinceNanos - interregnumNanos) > 0) {
      return EtcdError.TIMEOUT_LEADER_FAILURE;
    }
    if (!now.hasLeader()) {
      return EtcdError.TIMEOUT;
    }
    boolean connected =
        now.isLeader()
            ? reachesQuorum(now, requestStartNanos)
            : connections.connectedSince(now.leaderId(), requestStartNanos);
    return connected ? EtcdError.TIMEOUT : EtcdError.TIMEOUT_CONNECTION_LOST;
  }

  private boolean reachesQuorum(RaftStatus now, long sinceNanos) {
    long reached =
        now.confState().voters().stream()
            .filter(id -> id == now.memberId() || connections.connectedSince(id, sinceNanos))
            .count();
    return reached > now.confState().voters().size() / 2;
  }
}
