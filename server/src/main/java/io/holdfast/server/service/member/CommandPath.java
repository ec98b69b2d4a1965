package io.holdfast.server.service.member;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.CommandResult;
import io.holdfast.server.apply.PendingRequests;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.IndeterminateException;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.node.Proposal;
import io.holdfast.server.service.Response;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * The way of a command: registered, encoded, proposed; answered on the loop thread when this member
 * has applied it, or given up when its time is over.
 */
final class CommandPath {
  private final MemberContext member;
  private final PendingRequests pending;
  private final TimeoutCauses causes;
  private final SpaceKeeper space;
  private final LongAdder failed = new LongAdder();
  private volatile boolean draining;

  CommandPath(MemberContext member, PendingRequests pending, TimeoutCauses causes, DiskSpace disk) {
    this.member = member;
    this.pending = pending;
    this.causes = causes;
    this.space =
        new SpaceKeeper(
            member.identity().memberId(),
            member.config().effectiveQuotaBytes(),
            disk,
            member.applier(),
            this::propose);
  }

  /** What refuses commands for lack of space. */
  SpaceKeeper space() {
    return space;
  }

  /** Commands that were refused, or whose outcome was not learned in time. */
  long failedTotal() {
    return failed.sum();
  }

  /** Commands that wait for their outcome. */
  int pendingCount() {
    return pending.size();
  }

  /**
   * Proposes a command and answers under a header.
   *
   * @param caller on whose behalf; checked before by the use case, and again when it is applied
   * @param body makes the answer of the result; on the loop thread
   */
  <T> CompletionStage<Response<T>> execute(
      Caller caller, Command command, Function<CommandResult, T> body) {
    Optional<CompletionStage<Void>> refusal = space.refusal(command);
    if (refusal.isPresent()) {
      failed.increment();
      return refusal
          .get()
          .thenCompose(raised -> CompletableFuture.failedStage(EtcdError.NO_SPACE.asException()));
    }
    CompletableFuture<Response<T>> answer = new CompletableFuture<>();
    long start = member.nanoTime();
    propose(caller, command, () -> true)
        .whenComplete(
            (result, failure) -> {
              if (failure == null) {
                answer.complete(
                    new Response<>(member.header(result.revision()), body.apply(result)));
              } else {
                answer.completeExceptionally(explain(failure, start));
              }
            });
    return answer;
  }

  /**
   * Proposes a command of the cluster's own. The stage fails as those of the key-value service do.
   */
  CompletableFuture<CommandResult> propose(Command command) {
    return propose(command, () -> true);
  }

  /**
   * The same for a command that is left out when it is no longer wanted before the log has it.
   *
   * @param wanted asked by any thread
   */
  CompletableFuture<CommandResult> propose(Command command, BooleanSupplier wanted) {
    return propose(Caller.CLUSTER, command, wanted);
  }

  private CompletableFuture<CommandResult> propose(
      Caller caller, Command command, BooleanSupplier wanted) {
    if (draining) {
      failed.increment();
      return CompletableFuture.failedFuture(EtcdError.NO_LEADER.asException());
    }
    long now = member.nanoTime();
    PendingRequests.Pending request;
    try {
      request = pending.register(caller, command, now + member.requestTimeoutNanos());
    } catch (StoreException e) {
      failed.increment();
      return CompletableFuture.failedFuture(e);
    }
    if (request.entry().length > member.config().maxRequestBytes()) {
      pending.fail(request.id(), EtcdError.REQUEST_IS_TOO_LARGE.asException());
      failed.increment();
    } else {
      member.node().propose(new Ticket(request, wanted));
    }
    return request.result();
  }

  /** Gives up what has waited too long. */
  void expire(long nowNanos) {
    if (pending.size() > 0) {
      pending.expire(nowNanos);
    }
  }

  /** Says why an outcome was not learned in time, as far as it can be told. */
  private Throwable explain(Throwable failure, long startNanos) {
    if (failure instanceof IndeterminateException unknown) {
      failed.increment();
      if (unknown.error() == EtcdError.TIMEOUT) {
        return new IndeterminateException(causes.of(startNanos));
      }
    }
    return failure;
  }

  /**
   * Takes no more commands, and waits for the outcome of those under way. What is refused from now
   * on was certainly not executed, and clients know that of this refusal.
   */
  void drain(long millisMax) throws InterruptedException {
    draining = true;
    for (long waited = 0; pending.size() > 0 && waited < millisMax; waited++) {
      member.environment().pause(1);
    }
  }

  /** Gives up everything that waits. */
  void stop() {
    pending.failAll(EtcdError.SERVER_STOPPED);
  }

  /** The error inside what a dependent stage hands on. */
  static Throwable unwrap(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** A registered command on its way into the log. */
  private final class Ticket implements Proposal {
    private final PendingRequests.Pending request;
    private final BooleanSupplier wanted;

    Ticket(PendingRequests.Pending request, BooleanSupplier wanted) {
      this.request = request;
      this.wanted = wanted;
    }

    @Override
    public byte[] command() {
      return request.entry();
    }

    @Override
    public boolean abandoned() {
      return request.result().isDone() || !wanted.getAsBoolean();
    }

    @Override
    public void refused(EtcdError reason) {
      failed.increment();
      pending.fail(request.id(), reason.asException());
    }
  }
}
