package io.holdfast.server.service.member;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.apply.Membership;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.IndeterminateException;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.service.AddedMember;
import io.holdfast.server.service.ClusterMember;
import io.holdfast.server.service.ClusterService;
import io.holdfast.server.service.Response;
import io.holdfast.server.transport.MembershipAuthority;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The membership, listed from this member's state and changed by the leader. Who asks a follower
 * finds the change there, too: it answers when it has applied it itself, or after a second.
 */
final class ClusterUseCases implements ClusterService {
  private static final long POLL_MILLIS = 5;
  private static final long CATCH_UP_NANOS_MAX = TimeUnit.SECONDS.toNanos(1);

  private final MemberContext member;
  private final ReadPath reads;
  private final LeaderCalls<MembershipAuthority> leader;
  private final ScheduledExecutorService timer;

  ClusterUseCases(
      MemberContext member,
      ReadPath reads,
      LeaderCalls<MembershipAuthority> leader,
      ScheduledExecutorService timer) {
    this.member = member;
    this.reads = reads;
    this.leader = leader;
    this.timer = timer;
  }

  @Override
  public boolean isLearner() {
    return member.isLearner();
  }

  @Override
  public CompletionStage<Response<List<ClusterMember>>> memberList(boolean linearizable) {
    return reads.read(
        linearizable,
        false,
        store -> new Response<>(member.header(0), described(membership().members().values())));
  }

  @Override
  public CompletionStage<Response<AddedMember>> memberAdd(List<String> peerUrls, boolean learner) {
    List<String> urls;
    try {
      urls = PeerUrls.checked(peerUrls);
    } catch (StoreException e) {
      return CompletableFuture.failedStage(e);
    }
    long id = newId();
    return change(
        new Command.MemberAdd(id, urls, learner),
        members ->
            new AddedMember(
                new ClusterMember(id, "", urls, List.of(), learner), described(members)));
  }

  @Override
  public CompletionStage<Response<List<ClusterMember>>> memberRemove(long memberId) {
    return change(new Command.MemberRemove(memberId), ClusterUseCases::described);
  }

  @Override
  public CompletionStage<Response<List<ClusterMember>>> memberUpdate(
      long memberId, List<String> peerUrls) {
    List<String> urls;
    try {
      urls = PeerUrls.checked(peerUrls);
    } catch (StoreException e) {
      // As in etcd, an unknown member is what is wrong first.
      return CompletableFuture.failedStage(
          isMember(memberId) ? e : EtcdError.MEMBER_NOT_FOUND.asException());
    }
    return change(new Command.MemberUpdate(memberId, urls), ClusterUseCases::described);
  }

  private boolean isMember(long memberId) {
    return membership().members().containsKey(memberId);
  }

  @Override
  public CompletionStage<Response<List<ClusterMember>>> memberPromote(long memberId) {
    return change(new Command.MemberPromote(memberId), ClusterUseCases::described);
  }

  private <T> CompletionStage<Response<T>> change(
      Command.MembershipChange change, Function<List<MemberRecord>, T> body) {
    CompletableFuture<Response<T>> answer = new CompletableFuture<>();
    Membership before = membership();
    leader
        .ask(asked -> asked.change(change), changed -> changed)
        .whenComplete(
            (changed, failure) -> {
              long patience = member.nanoTime() + CATCH_UP_NANOS_MAX;
              if (failure == null) {
                answerWhenApplied(answer, changed, body, patience);
              } else if (mayBeDone(change, before, CommandPath.unwrap(failure))) {
                answerWhenSeen(answer, change, body, CommandPath.unwrap(failure), patience);
              } else {
                answer.completeExceptionally(CommandPath.unwrap(failure));
              }
            });
    return answer;
  }

  /**
   * Whether the change may have been made though its answer was lost: a leader that is removed, or
   * dies, may take the answer with it, and the next one finds nothing left to do.
   */
  private static boolean mayBeDone(
      Command.MembershipChange change, Membership before, Throwable failure) {
    if (isInEffect(change, before)) {
      return false;
    }
    if (!(failure instanceof StoreException refusal)) {
      return failure instanceof IndeterminateException;
    }
    EtcdError whenDone =
        change instanceof Command.MemberAdd
            ? EtcdError.MEMBER_ID_EXISTS
            : change instanceof Command.MemberRemove
                ? EtcdError.MEMBER_NOT_FOUND
                : EtcdError.MEMBER_NOT_LEARNER;
    return refusal.error() == whenDone
        && (change instanceof Command.MemberAdd || before.find(change.memberId()).isPresent());
  }

  private static boolean isInEffect(Command.MembershipChange change, Membership membership) {
    long id = change.memberId();
    if (change instanceof Command.MemberRemove) {
      return membership.isRemoved(id);
    }
    boolean promoted = !(change instanceof Command.MemberPromote) || !membership.isLearner(id);
    return membership.find(id).isPresent() && promoted;
  }

  private <T> void answerWhenSeen(
      CompletableFuture<Response<T>> answer,
      Command.MembershipChange change,
      Function<List<MemberRecord>, T> body,
      Throwable refusal,
      long patienceUntilNanos) {
    Membership now = membership();
    if (isInEffect(change, now)) {
      List<MemberRecord> members = List.copyOf(now.members().values());
      answer.complete(new Response<>(member.header(0), body.apply(members)));
    } else if (member.nanoTime() - patienceUntilNanos >= 0 || timer.isShutdown()) {
      answer.completeExceptionally(refusal);
    } else {
      timer.schedule(
          () -> answerWhenSeen(answer, change, body, refusal, patienceUntilNanos),
          POLL_MILLIS,
          TimeUnit.MILLISECONDS);
    }
  }

  private <T> void answerWhenApplied(
      CompletableFuture<Response<T>> answer,
      MembershipAuthority.Changed changed,
      Function<List<MemberRecord>, T> body,
      long patienceUntilNanos) {
    boolean applied = member.applier().appliedIndex() >= changed.index();
    if (applied || member.nanoTime() - patienceUntilNanos >= 0 || timer.isShutdown()) {
      answer.complete(new Response<>(member.header(0), body.apply(changed.members())));
    } else {
      timer.schedule(
          () -> answerWhenApplied(answer, changed, body, patienceUntilNanos),
          POLL_MILLIS,
          TimeUnit.MILLISECONDS);
    }
  }

  private Membership membership() {
    return member.applier().members().membership();
  }

  /** Random, so that the log carries it and no two members ever get the same one. */
  private long newId() {
    long id = member.environment().random().nextLong();
    return id == 0 ? newId() : id;
  }

  private static List<ClusterMember> described(Collection<MemberRecord> members) {
    return members.stream()
        .map(
            record ->
                new ClusterMember(
                    record.memberId(),
                    record.name(),
                    record.peerUrls(),
                    record.clientUrls(),
                    record.learner()))
        .toList();
  }
}
