package io.holdfast.server.service.member;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.MemberRecord;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A member's way into its running cluster: it waits for a leader and its confirmation, publishes
 * what the others cannot know, and compares its state with theirs; again and again until all of it
 * has worked.
 */
final class Enrolment {
  private static final long RETRY_MILLIS = 100;

  private final MemberContext context;
  private final CommandPath commands;
  private final IntegrityDuties integrity;
  private final ScheduledExecutorService timer;
  private final CompletableFuture<Void> joined = new CompletableFuture<>();

  Enrolment(
      MemberContext context,
      CommandPath commands,
      IntegrityDuties integrity,
      ScheduledExecutorService timer) {
    this.context = context;
    this.commands = commands;
    this.integrity = integrity;
    this.timer = timer;
  }

  /** Completes when the member is in; fails when it stops before that. */
  CompletableFuture<Void> joined() {
    return joined;
  }

  /** Whether it has succeeded. */
  boolean isComplete() {
    return joined.isDone() && !joined.isCompletedExceptionally();
  }

  void begin() {
    context
        .node()
        .readIndex()
        .thenCompose(index -> publishAttributes())
        .thenCompose(done -> integrity.compareSelf())
        .whenComplete(
            (done, failure) -> {
              if (failure == null) {
                joined.complete(null);
              } else if (!timer.isShutdown()) {
                timer.schedule(this::begin, RETRY_MILLIS, TimeUnit.MILLISECONDS);
              }
            });
  }

  private CompletionStage<?> publishAttributes() {
    MemberConfig config = context.config();
    Optional<MemberRecord> known =
        context.applier().members().membership().find(context.identity().memberId());
    boolean published =
        known
            .map(
                self ->
                    self.name().equals(config.name())
                        && self.clientUrls().equals(config.advertiseClientUrls()))
            .orElse(false);
    return published
        ? CompletableFuture.completedStage(null)
        : commands.propose(
            new Command.MemberAttributes(
                context.identity().memberId(), config.name(), config.advertiseClientUrls()));
  }
}
