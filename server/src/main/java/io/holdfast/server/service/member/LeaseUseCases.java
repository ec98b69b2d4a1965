package io.holdfast.server.service.member;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.CommandResult;
import io.holdfast.server.apply.RequestRules;
import io.holdfast.server.error.EtcdError;
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
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongFunction;

/** Leases: granted and revoked through the log, kept alive by whoever leads. */
final class LeaseUseCases implements LeaseService {
  private static final long RETRY_MILLIS = 50;

  private final MemberContext member;
  private final CommandPath commands;
  private final ReadPath reads;
  private final Lessor lessor;
  private final LeaseAuthority local;
  private final LongFunction<LeaseAuthority> remote;
  private final ScheduledExecutorService timer;

  /**
   * @param remote the leader with a given member id, when that is another member
   * @param timer where another attempt waits
   */
  LeaseUseCases(
      MemberContext member,
      CommandPath commands,
      ReadPath reads,
      Lessor lessor,
      LeaseAuthority local,
      LongFunction<LeaseAuthority> remote,
      ScheduledExecutorService timer) {
    this.member = member;
    this.commands = commands;
    this.reads = reads;
    this.lessor = lessor;
    this.local = local;
    this.remote = remote;
    this.timer = timer;
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
    return askLeader(
        leader -> leader.keepAlive(leaseId), ttl -> new Response<>(member.header(), ttl));
  }

  @Override
  public CompletionStage<Response<LeaseTimeToLive>> timeToLive(long leaseId, boolean withKeys) {
    return askLeader(
        leader -> leader.timeToLive(leaseId, withKeys),
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

  private <A, T> CompletionStage<T> askLeader(
      Function<LeaseAuthority, CompletionStage<A>> question, Function<A, T> toAnswer) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    long deadline = member.nanoTime() + member.requestTimeoutNanos();
    attempt(question, toAnswer, answer, deadline);
    return answer;
  }

  private <A, T> void attempt(
      Function<LeaseAuthority, CompletionStage<A>> question,
      Function<A, T> toAnswer,
      CompletableFuture<T> answer,
      long deadline) {
    Optional<LeaseAuthority> leader = leader();
    if (leader.isEmpty()) {
      again(question, toAnswer, answer, deadline, EtcdError.NO_LEADER);
      return;
    }
    question
        .apply(leader.get())
        .whenComplete(
            (result, failure) -> {
              if (failure == null) {
                answer.complete(toAnswer.apply(result));
              } else if (CommandPath.unwrap(failure) instanceof StoreException refusal
                  && mayPass(refusal.error())) {
                again(question, toAnswer, answer, deadline, EtcdError.TIMEOUT);
              } else {
                answer.completeExceptionally(CommandPath.unwrap(failure));
              }
            });
  }

  private <A, T> void again(
      Function<LeaseAuthority, CompletionStage<A>> question,
      Function<A, T> toAnswer,
      CompletableFuture<T> answer,
      long deadline,
      EtcdError reason) {
    if (timer.isShutdown()) {
      answer.completeExceptionally(EtcdError.SERVER_STOPPED.asException());
    } else if (member.nanoTime() - deadline >= 0) {
      answer.completeExceptionally(reason.asException());
    } else {
      timer.schedule(
          () -> attempt(question, toAnswer, answer, deadline), RETRY_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private Optional<LeaseAuthority> leader() {
    long leaderId = member.node().status().leaderId();
    if (leaderId == 0) {
      return Optional.empty();
    }
    return Optional.of(leaderId == member.identity().memberId() ? local : remote.apply(leaderId));
  }

  /** Whether another attempt may find another leader. */
  private static boolean mayPass(EtcdError error) {
    return error == EtcdError.NOT_LEADER
        || error == EtcdError.NO_LEADER
        || error == EtcdError.LEADER_CHANGED
        || error == EtcdError.TIMEOUT;
  }

  /** Random, so that the log carries it and no member has to agree on a counter. */
  private long chosenId() {
    return member.environment().random().nextLong(1, Long.MAX_VALUE);
  }
}
