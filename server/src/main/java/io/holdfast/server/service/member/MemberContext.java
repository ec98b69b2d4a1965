package io.holdfast.server.service.member;

import io.holdfast.server.apply.Applier;
import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.apply.Membership;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.node.RaftNode;
import io.holdfast.server.service.ResponseHeader;

/**
 * What every use case of a member needs: who it is, its node and its state.
 *
 * @param toldAtStart the members as others told them to one that joins, before the log tells it
 */
record MemberContext(
    MemberConfig config,
    MemberIdentity identity,
    MemberEnvironment environment,
    Membership toldAtStart,
    RaftNode node,
    Applier applier) {
  /**
   * Whether this member is a learner. One that joins is what the others have called it until it has
   * applied its own addition; one that starts again before that does not know, and takes itself for
   * a learner: it is behind, and its clients should go to a voter.
   */
  boolean isLearner() {
    Membership applied = applier.members().membership();
    long self = identity.memberId();
    if (applied.find(self).isPresent() || applied.isRemoved(self)) {
      return applied.isLearner(self);
    }
    return toldAtStart.find(self).map(MemberRecord::learner).orElse(!applied.isEmpty());
  }

  /** The monotonic clock's reading. */
  long nanoTime() {
    return environment.clock().nanoTime();
  }

  /** The header of an answer made at a revision. */
  ResponseHeader header(long revision) {
    return new ResponseHeader(
        identity.clusterId(), identity.memberId(), revision, node.status().term());
  }

  /** The header of an answer made now. */
  ResponseHeader header() {
    return header(store().currentRevision());
  }

  /** The store as it is now; to be asked for anew at each use, as a snapshot may replace it. */
  MvccStore store() {
    return applier.store();
  }

  /** How long a request waits for its outcome, as etcd: 5 s and two election time-outs. */
  static long requestTimeoutNanos(MemberConfig config) {
    return (5_000L + 2L * config.electionTimeoutMillis()) * 1_000_000;
  }

  long requestTimeoutNanos() {
    return requestTimeoutNanos(config);
  }
}
