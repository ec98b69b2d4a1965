package io.holdfast.server.service.member;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.CommandResult;
import io.holdfast.server.apply.RequestRules;
import io.holdfast.server.auth.AccessKind;
import io.holdfast.server.auth.AuthState;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.lease.Lessor;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.service.GrantedLease;
import io.holdfast.server.service.LeaseService;
import io.holdfast.server.service.LeaseTimeToLive;
import io.holdfast.server.service.Response;
import io.holdfast.server.transport.LeaseAuthority;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** Leases: granted and revoked through the log, kept alive by whoever leads. */
final class LeaseUseCases implements LeaseService {
  private final MemberContext member;
  private final CommandPath commands;
  private final ReadPath reads;
  private final Lessor lessor;
  private final LeaderCalls<LeaseAuthority> leader;
  private final Caller caller;

  LeaseUseCases(
      MemberContext member,
      CommandPath commands,
      ReadPath reads,
      Lessor lessor,
      LeaderCalls<LeaseAuthority> leader) {
    this(member, commands, reads, lessor, leader, Caller.ANONYMOUS);
  }

  private LeaseUseCases(
      MemberContext member,
      CommandPath commands,
      ReadPath reads,
      Lessor lessor,
      LeaderCalls<LeaseAuthority> leader,
      Caller caller) {
    this.caller = caller;
    this.member = member;
    this.commands = commands;
    this.reads = reads;
    this.lessor = lessor;
    this.leader = leader;
  }

  @Override
  public LeaseService as(Caller other) {
    return other.equals(caller)
        ? this
        : new LeaseUseCases(member, commands, reads, lessor, leader, other);
  }

  @Override
  public CompletionStage<Response<GrantedLease>> grant(long leaseId, long ttlSeconds) {
    long granted;
    try {
      auth().checkSignedIn(caller);
      granted = RequestRules.grantedTtlSeconds(ttlSeconds, lessor.options().minimumTtlSeconds());
    } catch (StoreException e) {
      return CompletableFuture.failedStage(e);
    }
    long id = leaseId == 0 ? chosenId() : leaseId;
    return commands.execute(
        caller,
        new Command.LeaseGrant(id, granted),
        done -> {
          CommandResult.LeaseGrant lease = (CommandResult.LeaseGrant) done;
          return new GrantedLease(lease.leaseId(), lease.ttlSeconds());
        });
  }

  @Override
  public CompletionStage<Response<Void>> revoke(long leaseId) {
    try {
      auth().checkSignedIn(caller);
    } catch (StoreException e) {
      return CompletableFuture.failedStage(e);
    }
    return commands.execute(caller, new Command.LeaseRevoke(leaseId), done -> null);
  }

  @Override
  public CompletionStage<Response<Long>> keepAlive(long leaseId) {
    if (auth().isRoot(caller)) {
      return renew(leaseId);
    }
    try {
      auth().checkSignedIn(caller);
    } catch (StoreException e) {
      return CompletableFuture.failedStage(e);
    }
    // Whoever renews a lease keeps its keys.
    return leader
        .ask(asked -> asked.timeToLive(leaseId, true), Function.identity())
        .thenCompose(
            times -> {
              check(times, AccessKind.WRITE);
              return renew(leaseId);
            });
  }

  private CompletionStage<Response<Long>> renew(long leaseId) {
    return leader.ask(
        asked -> asked.keepAlive(leaseId), ttl -> new Response<>(member.header(), ttl));
  }

  @Override
  public CompletionStage<Response<LeaseTimeToLive>> timeToLive(long leaseId, boolean withKeys) {
    try {
      auth().checkSignedIn(caller);
    } catch (StoreException e) {
      return CompletableFuture.failedStage(e);
    }
    return leader
        .ask(asked -> asked.timeToLive(leaseId, withKeys), Function.identity())
        .thenApply(
            times -> {
              check(times, AccessKind.READ);
              return new Response<>(member.header(), lease(leaseId, times));
            });
  }

  @Override
  public CompletionStage<Response<List<Long>>> leases() {
    return reads.read(
        true,
        false,
        store -> {
          auth().checkSignedIn(caller);
          return new Response<>(member.header(store.currentRevision()), lessor.leases());
        });
  }

  private AuthState auth() {
    return member.applier().auth();
  }

  /** Keys' names are as much of a secret as their values. */
  private void check(Optional<LeaseAuthority.LeaseTimes> times, AccessKind kind) {
    AuthState state = auth();
    if (times.isPresent() && !state.isRoot(caller)) {
      for (byte[] key : times.get().keys()) {
        state.checkKeys(caller, KeyRange.single(key), kind);
      }
    }
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
