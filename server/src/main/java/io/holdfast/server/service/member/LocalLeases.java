package io.holdfast.server.service.member;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.lease.KeepAlive;
import io.holdfast.server.lease.LeaseStatus;
import io.holdfast.server.lease.Lessor;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.transport.LeaseAuthority;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * What this member says about leases while it leads; answers its own clients and its followers.
 *
 * <p>The leadership is confirmed by a quorum first, so that a member that was deposed without
 * knowing it does not renew a lease which the real leader lets run out.
 */
final class LocalLeases implements LeaseAuthority {
  private final Supplier<MemberContext> member;
  private final Lessor lessor;

  /**
   * @param member asked for when a question comes, as the transport exists before the node
   */
  LocalLeases(Supplier<MemberContext> member, Lessor lessor) {
    this.member = member;
    this.lessor = lessor;
  }

  @Override
  public CompletionStage<Long> keepAlive(long leaseId) {
    if (member.get().node().readsLocally()) {
      return renew(leaseId);
    }
    if (!lessor.isPrimary()) {
      return CompletableFuture.failedStage(EtcdError.NOT_LEADER.asException());
    }
    return member.get().node().readIndex().thenCompose(index -> renew(leaseId));
  }

  @Override
  public CompletionStage<Optional<LeaseTimes>> timeToLive(long leaseId, boolean keysWanted) {
    if (!lessor.isPrimary()) {
      return CompletableFuture.failedStage(EtcdError.NOT_LEADER.asException());
    }
    return member.get().node().readIndex().thenApply(index -> times(leaseId, keysWanted));
  }

  private CompletionStage<Long> renew(long leaseId) {
    return lessor
        .keepAlive(leaseId, member.get().nanoTime())
        .thenApply(
            outcome -> {
              if (outcome instanceof KeepAlive.Renewed renewed) {
                return renewed.ttlSeconds();
              }
              if (outcome instanceof KeepAlive.NotPrimary) {
                throw new StoreException(EtcdError.NOT_LEADER);
              }
              return 0L;
            });
  }

  private Optional<LeaseTimes> times(long leaseId, boolean keysWanted) {
    Optional<LeaseStatus> status = lessor.timeToLive(leaseId, member.get().nanoTime(), keysWanted);
    return status.map(
        lease ->
            new LeaseTimes(
                lease.grantedTtlSeconds(),
                lease.remainingSeconds(),
                lease.keys().stream().map(Key::bytes).toList()));
  }
}
