package io.holdfast.server.service.member;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongFunction;

/**
 * Questions that only the leader can answer: put to this member when it leads, to another one when
 * that does, and again to the next leader when there is none or it just went. Given up with etcd's
 * error when a request's time is over.
 *
 * @param <A> what answers: local or far
 */
final class LeaderCalls<A> {
  private static final long RETRY_MILLIS = 50;

  private final MemberContext member;
  private final A local;
  private final LongFunction<A> remote;
  private final ScheduledExecutorService timer;

  /**
   * @param remote the leader with a given member id, when that is another member
   * @param timer where another attempt waits
   */
  LeaderCalls(
      MemberContext member, A local, LongFunction<A> remote, ScheduledExecutorService timer) {
    this.member = member;
    this.local = local;
    this.remote = remote;
    this.timer = timer;
  }

  /**
   * Asks until there is an answer, or a refusal that another leader would repeat.
   *
   * @param toAnswer makes of what the leader said what is told here
   */
  <R, T> CompletionStage<T> ask(Function<A, CompletionStage<R>> question, Function<R, T> toAnswer) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    attempt(question, toAnswer, answer, member.nanoTime() + member.requestTimeoutNanos());
    return answer;
  }

  private <R, T> void attempt(
      Function<A, CompletionStage<R>> question,
      Function<R, T> toAnswer,
      CompletableFuture<T> answer,
      long deadline) {
    Optional<A> leader = leader();
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

  private <R, T> void again(
      Function<A, CompletionStage<R>> question,
      Function<R, T> toAnswer,
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

  private Optional<A> leader() {
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
}
