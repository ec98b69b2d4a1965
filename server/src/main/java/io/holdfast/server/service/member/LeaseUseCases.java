package io.holdfast.server.service.member;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.CommandResult;
import io.holdfast.server.apply.RequestRules;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.lease.Lessor;
import io.holdfast.server.service.GrantedLease;
import io.holdfast.server.service.LeaseService;
import io.holdfast.server.service.LeaseTimeToLive;
import io.holdfast.server.service.Response;
import io.holdfast.server.transport.LeaseAuthority;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Leases: granted and revoked through the log, kept alive by whoever leads. */
final class LeaseUseCases implements LeaseService {
  private final MemberContext member;
  private final CommandPath commands;
  private final ReadPath reads;
  private final Lessor lessor;
  private final LeaderCalls<LeaseAuthority> leader;

  LeaseUseCases(
      MemberContext member,
      CommandPath commands,
      ReadPath reads,
      Lessor lessor,
      LeaderCalls<LeaseAuthority> leader) {
    this.member = member;
    this.commands = commands;
    this.reads = reads;
    this.lessor = lessor;
    this.leader = leader;
  }

  @Override
  public CompletionStage<Response<GrantedLease>> grant(long leaseId, long ttlSeconds) {
    long granted;
    try {
      granted = RequestRules.grantedTtlSeconds(ttlSeconds, lessor.options().minimumTtlSeconds());
    } catch (StoreException e) {
      return CompletableFuture.failedStage(e);
    }
    long id = leaseId == 0 ? chosenId() : leaseId;
    return commands.execute(
        new Command.LeaseGrant(id, granted),
        done -> {
          CommandResult.LeaseGrant lease = (CommandResult.LeaseGrant) done;
          return new GrantedLease(lease.leaseId(), lease.ttlSeconds());
        });
  }

  @Override
  public CompletionStage<Response<Void>> revoke(long leaseId) {
    return commands.execute(new Command.LeaseRevoke(leaseId), done -> null);
  }

  @Override
  public CompletionStage<Response<Long>> keepAlive(long leaseId) {
    return leader.ask(
        asked -> asked.keepAlive(leaseId), ttl -> new Response<>(member.header(), ttl));
  }

  @Override
  public CompletionStage<Response<LeaseTimeToLive>> timeToLive(long leaseId, boolean withKeys) {
    return leader.ask(
        asked -> asked.timeToLive(leaseId, withKeys),
        times -> new Response<>(member.header(), lease(leaseId, times)));
  }

  @Override
  public CompletionStage<Response<List<Long>>> leases() {
    return reads.read(
        true,
        false,
        store -> new Response<>(member.header(store.currentRevision()), lessor.leases()));
  }

  private static LeaseTimeToLive lease(long leaseId, Optional<LeaseAuthority.LeaseTimes> times) {
    return times
        .map(
            known ->
                new LeaseTimeToLive(
                    leaseId, known.remainingSeconds(), known.grantedSeconds(), known.keys()))
        .orElseGet(() -> new LeaseTimeToLive(leaseId, -1, 0, List.of()));
  }

  /** Random, so that the log carries it and no member has to agree on a counter. */
  private long chosenId() {
    return member.environment().random().nextLong(1, Long.MAX_VALUE);
  }
}
