package io.holdfast.server.service.member;

import io.holdfast.server.backup.BackupAbout;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.node.SnapshotContent;
import io.holdfast.server.service.Backup;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Pins the state for backups, a few at a time. */
final class Backups {
  private static final int AT_ONCE_MAX = 3;

  private final MemberContext member;
  private final AtomicInteger open = new AtomicInteger();

  Backups(MemberContext member) {
    this.member = member;
  }

  /**
   * The state as this member has applied it, whatever the others have.
   *
   * @return to be closed by the caller; fails with TOO_MANY_REQUESTS when several are open already,
   *     with TIMEOUT when the loop does not come round to it
   */
  CompletionStage<Backup> open() {
    if (open.incrementAndGet() > AT_ONCE_MAX) {
      open.decrementAndGet();
      return CompletableFuture.failedStage(EtcdError.TOO_MANY_REQUESTS.asException());
    }
    CompletableFuture<Backup> answer = new CompletableFuture<>();
    CompletableFuture<Backup> bounded =
        answer.copy().orTimeout(member.requestTimeoutNanos(), TimeUnit.NANOSECONDS);
    bounded.whenComplete(
        (backup, failure) -> {
          if (failure == null) {
            return;
          }
          if (answer.completeExceptionally(failure)) {
            open.decrementAndGet();
          } else {
            answer.thenAccept(Backup::close);
          }
        });
    member.node().execute(() -> pin(answer));
    return bounded;
  }

  private void pin(CompletableFuture<Backup> answer) {
    if (answer.isDone()) {
      return;
    }
    long start = member.nanoTime();
    SnapshotContent content = member.applier().openSnapshot(member.applier().confState());
    Backup backup =
        new PinnedBackup(
            member.header(),
            member.config().reportedVersion(),
            content,
            new BackupAbout(
                member.config().product(),
                member.identity().clusterId(),
                member.identity().memberId(),
                member.environment().wallMillis()),
            () -> {
              open.decrementAndGet();
              member.config().timings().backup(member.nanoTime() - start);
            });
    if (!answer.complete(backup)) {
      // Given up meanwhile, and counted out already.
      content.close();
    }
  }
}
