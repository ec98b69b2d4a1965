package io.holdfast.server.service.member;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.CommandResult;
import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.apply.Membership;
import io.holdfast.server.apply.PendingRequests;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.node.ConfChangeRefused;
import io.holdfast.server.raft.PeerProgress;
import io.holdfast.server.raft.RaftStatus;
import io.holdfast.server.raft.Rejection;
import io.holdfast.server.raft.membership.ConfChange;
import io.holdfast.server.raft.membership.ConfChange.Kind;
import io.holdfast.server.raft.membership.ConfChange.Step;
import io.holdfast.server.transport.MembershipAuthority;
import io.holdfast.server.transport.Peers;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Changes the membership while this member leads, one change at a time.
 *
 * <p>A change is checked on the loop right before it enters the log. The core lets it in only when
 * every change before has been applied here, so what is checked against is what it will change.
 * From the moment it is in the log Raft goes by it, and it is answered when it is applied.
 */
final class MembershipChanges implements MembershipAuthority {
  private static final System.Logger LOGGER = System.getLogger(MembershipChanges.class.getName());

  /** How long a connection must have stood to be relied on; etcd's health interval. */
  private static final long STEADY_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final long RETRY_MILLIS = 20;

  private final MemberContext member;
  private final PendingRequests pending;
  private final Peers peers;
  private final ScheduledExecutorService timer;
  private final PromotionTotals promotions = new PromotionTotals();

  MembershipChanges(
      MemberContext member, PendingRequests pending, Peers peers, ScheduledExecutorService timer) {
    this.member = member;
    this.pending = pending;
    this.peers = peers;
    this.timer = timer;
  }

  @Override
  public CompletionStage<Changed> change(Command.MembershipChange change) {
    CompletableFuture<Changed> answer = new CompletableFuture<>();
    // Who is answered finds it counted already.
    CompletableFuture<Changed> counted =
        change instanceof Command.MemberPromote
            ? answer.whenComplete((done, failure) -> promotions.count(failure))
            : answer;
    if (!member.node().status().isLeader()) {
      answer.completeExceptionally(EtcdError.NOT_LEADER.asException());
    } else if (change instanceof Command.MemberAdd && !mayBeReached()) {
      answer.completeExceptionally(EtcdError.UNHEALTHY_CLUSTER.asException());
    } else {
      new Attempt(change, answer, member.nanoTime() + member.requestTimeoutNanos()).run();
    }
    return counted;
  }

  /** What became of promotions that were asked for here. Any thread. */
  PromotionTotals promotions() {
    return promotions;
  }

  /** A member that was alone opens its peer port for the one that is to come. */
  private boolean mayBeReached() {
    try {
      peers.listen();
      return true;
    } catch (StartupException e) {
      LOGGER.log(System.Logger.Level.ERROR, "no member can be added: " + e.getMessage());
      return false;
    }
  }

  private Membership membership() {
    return member.applier().members().membership();
  }

  private void check(Command.MembershipChange change, List<PeerProgress> progress) {
    Membership membership = membership();
    ReconfigurationRules rules = new ReconfigurationRules(membership, member.identity().memberId());
    boolean strict = member.config().strictReconfigCheck();
    long now = member.nanoTime();
    if (change instanceof Command.MemberPromote || change instanceof Command.MemberJoined) {
      rules.checkReady(change.memberId(), progress);
      if (strict && change instanceof Command.MemberPromote) {
        rules.checkPromote();
      }
    } else if (change instanceof Command.MemberAdd add && strict) {
      rules.checkAdd(add.learner(), id -> peers.connectedSince(id, now - STEADY_NANOS));
    } else if (change instanceof Command.MemberRemove remove && strict) {
      rules.checkRemove(
          remove.memberId(),
          id -> peers.connectedSince(id, now - STEADY_NANOS),
          id -> peers.connectedSince(id, now));
    }
    membership.check(change, member.config().maxLearners());
  }

  private static List<Step> steps(Command.MembershipChange change) {
    if (change instanceof Command.MemberAdd) {
      // A voter, too, is a learner to Raft until it has caught up.
      return List.of(new Step(Kind.ADD_LEARNER, change.memberId()));
    } else if (change instanceof Command.MemberRemove) {
      return List.of(new Step(Kind.REMOVE, change.memberId()));
    } else if (change instanceof Command.MemberPromote || change instanceof Command.MemberJoined) {
      return List.of(new Step(Kind.ADD_VOTER, change.memberId()));
    }
    return List.of();
  }

  /** What a refusal by the core means to whoever asked; empty when it passes by itself. */
  private static Optional<EtcdError> meaning(Rejection.Reason reason) {
    return switch (reason) {
      case NOT_LEADER, NO_LEADER, LEADER_CHANGED -> Optional.of(EtcdError.NOT_LEADER);
      case ALREADY_MEMBER -> Optional.of(EtcdError.MEMBER_ID_EXISTS);
      case NOT_MEMBER -> Optional.of(EtcdError.MEMBER_NOT_FOUND);
      case NO_VOTER_LEFT -> Optional.of(EtcdError.NOT_ENOUGH_STARTED_MEMBERS);
      case TOO_MANY_MEMBERS -> Optional.of(EtcdError.TOO_MANY_REQUESTS);
      default -> Optional.empty();
    };
  }

  /** One change on its way, until it is in the log or refused for good. */
  private final class Attempt implements Runnable {
    private final Command.MembershipChange change;
    private final CompletableFuture<Changed> answer;
    private final long deadlineNanos;
    private Optional<PendingRequests.Pending> request = Optional.empty();
    private boolean repeated;

    Attempt(
        Command.MembershipChange change, CompletableFuture<Changed> answer, long deadlineNanos) {
      this.change = change;
      this.answer = answer;
      this.deadlineNanos = deadlineNanos;
    }

    @Override
    public void run() {
      member
          .node()
          .changeConfig(this::decide)
          .whenComplete(
              (confState, failure) -> {
                if (failure != null) {
                  failed(CommandPath.unwrap(failure));
                }
              });
    }

    /** On the loop: the last moment at which the change can be refused. */
    private ConfChange decide(RaftStatus status, List<PeerProgress> progress) {
      if (!status.isLeader()) {
        throw EtcdError.NOT_LEADER.asException();
      }
      if (!status.isConfSettled()) {
        throw new ConfChangeRefused(Rejection.Reason.CHANGE_IN_FLIGHT);
      }
      check(change, progress);
      PendingRequests.Pending registered = pending.register(change, deadlineNanos);
      if (registered.entry().length > ConfChange.CONTEXT_BYTES_MAX) {
        pending.fail(registered.id(), EtcdError.REQUEST_IS_TOO_LARGE.asException());
        throw EtcdError.REQUEST_IS_TOO_LARGE.asException();
      }
      request = Optional.of(registered);
      registered.result().whenComplete(this::applied);
      return new ConfChange(steps(change), registered.entry());
    }

    private void applied(CommandResult result, Throwable failure) {
      if (failure != null && !repeated) {
        answer.completeExceptionally(failure);
      } else if (result instanceof CommandResult.MembershipChange done) {
        LOGGER.log(System.Logger.Level.INFO, "the membership changed: " + change);
        List<MemberRecord> members = List.copyOf(done.membership().members().values());
        answer.complete(new Changed(done.index(), members));
      }
    }

    private void failed(Throwable failure) {
      if (!(failure instanceof ConfChangeRefused refused)) {
        giveUp(failure);
        return;
      }
      Optional<EtcdError> meaning = meaning(refused.reason());
      if (meaning.isPresent()) {
        giveUp(meaning.get().asException());
      } else if (member.nanoTime() - deadlineNanos >= 0) {
        giveUp(EtcdError.TIMEOUT.asException());
      } else if (timer.isShutdown()) {
        giveUp(EtcdError.SERVER_STOPPED.asException());
      } else {
        repeated = true;
        forget();
        Attempt next = new Attempt(change, answer, deadlineNanos);
        timer.schedule(next, RETRY_MILLIS, TimeUnit.MILLISECONDS);
      }
    }

    private void giveUp(Throwable reason) {
      if (reason instanceof StoreException) {
        LOGGER.log(
            System.Logger.Level.INFO,
            "refused to change the membership: " + change + ": " + reason);
      }
      answer.completeExceptionally(reason);
      forget();
    }

    private void forget() {
      request.ifPresent(
          registered -> pending.fail(registered.id(), EtcdError.SERVER_STOPPED.asException()));
    }
  }
}
