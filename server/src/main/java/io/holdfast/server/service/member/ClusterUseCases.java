package io.holdfast.server.service.member;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.MemberRecord;
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
    return member.applier().members().membership().isLearner(member.identity().memberId());
  }

  @Override
  public CompletionStage<Response<List<ClusterMember>>> memberList(boolean linearizable) {
    return reads.read(
        linearizable,
        false,
        store ->
            new Response<>(
                member.header(0),
                described(member.applier().members().membership().members().values())));
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
      return CompletableFuture.failedStage(e);
    }
    return change(new Command.MemberUpdate(memberId, urls), ClusterUseCases::described);
  }

  @Override
  public CompletionStage<Response<List<ClusterMember>>> memberPromote(long memberId) {
    return change(new Command.MemberPromote(memberId), ClusterUseCases::described);
  }

  private <T> CompletionStage<Response<T>> change(
      Command.MembershipChange change, Function<List<MemberRecord>, T> body) {
    CompletableFuture<Response<T>> answer = new CompletableFuture<>();
    leader
        .ask(asked -> asked.change(change), changed -> changed)
        .whenComplete(
            (changed, failure) -> {
              if (failure == null) {
                long patience = member.nanoTime() + CATCH_UP_NANOS_MAX;
                answerWhenApplied(answer, changed, body, patience);
              } else {
                answer.completeExceptionally(CommandPath.unwrap(failure));
              }
            });
    return answer;
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
