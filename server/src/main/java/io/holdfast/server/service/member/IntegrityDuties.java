package io.holdfast.server.service.member;

import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.apply.Command;
import io.holdfast.server.backend.CorruptRecordException;
import io.holdfast.server.error.StorageFailure;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.HashKv;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.raft.RaftStatus;
import io.holdfast.server.transport.Integrity;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongFunction;

/**
 * When members are asked about their data, and what follows. The leader compares all voters at
 * intervals and after compactions; a member whose log was lost and that finds no leader asks
 * whether too many others have lost theirs too.
 */
final class IntegrityDuties {
  private static final System.Logger LOGGER = System.getLogger(IntegrityDuties.class.getName());
  private static final long REPAIR_LOOK_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final MemberContext member;
  private final CommandPath commands;
  private final Corruption corruption;
  private final LongFunction<Integrity> peers;
  private final Executor workers;
  private final IntegrityOptions options;
  private final HashComparison comparison;
  private final AtomicBoolean comparing = new AtomicBoolean();
  private boolean timed;
  private long nextCheckNanos;
  private long nextCompactionLookNanos;
  private long nextRepairLookNanos;
  private long comparedCompaction;
  private volatile boolean confirm;

  /**
   * @param peers what the other members say of themselves
   * @param workers hash this member's own history
   */
  IntegrityDuties(
      MemberContext member,
      CommandPath commands,
      Corruption corruption,
      LongFunction<Integrity> peers,
      Executor workers) {
    this.member = member;
    this.commands = commands;
    this.corruption = corruption;
    this.peers = peers;
    this.workers = workers;
    this.options = member.config().integrity();
    this.comparison =
        new HashComparison(
            member.identity().memberId(),
            this::report,
            peers,
            () -> member.store().currentRevision());
  }

  HashComparison comparison() {
    return comparison;
  }

  /** What this member says of itself. */
  CompletionStage<Integrity.Report> report(long revision) {
    boolean repairing = member.node().status().repairing();
    CompletableFuture<Integrity.Report> answer = new CompletableFuture<>();
    if (revision == 0) {
      answer.complete(new Integrity.Report(Optional.empty(), repairing));
      return answer;
    }
    try {
      workers.execute(
          () -> {
            try {
              answer.complete(new Integrity.Report(hash(revision), repairing));
            } catch (RuntimeException | Error e) {
              answer.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      answer.completeExceptionally(e);
    }
    return answer;
  }

  private Optional<Integrity.StateHash> hash(long revision) {
    MvccStore store = member.store();
    try {
      HashKv hash = store.hashKv(revision);
      return Optional.of(
          new Integrity.StateHash(hash.hash(), hash.hashRevision(), hash.compactRevision()));
    } catch (StoreException compactedOrNotReached) {
      return Optional.empty();
    } catch (CorruptRecordException e) {
      if (store == member.store()) {
        corruption.found(e.getMessage());
      }
      throw e;
    }
  }

  /** Does what is due; on one timer. */
  void tick(long nowNanos) {
    if (!timed) {
      timed = true;
      nextCheckNanos = nowNanos + checkNanos();
      nextCompactionLookNanos = nowNanos;
      nextRepairLookNanos = nowNanos + REPAIR_LOOK_NANOS;
      comparedCompaction = member.store().compactRevision();
    }
    RaftStatus status = member.node().status();
    if (status.repairing() && !status.hasLeader() && nowNanos - nextRepairLookNanos >= 0) {
      nextRepairLookNanos = nowNanos + REPAIR_LOOK_NANOS;
      lookForOthersInRepair(status);
    }
    if (status.isLeader() && isDue(nowNanos)) {
      compare(status.confState().voters(), nowNanos);
    }
  }

  private boolean isDue(long nowNanos) {
    boolean due = confirm || options.corruptCheckMillis() > 0 && nowNanos - nextCheckNanos >= 0;
    if (options.compactHashCheck() && nowNanos - nextCompactionLookNanos >= 0) {
      nextCompactionLookNanos =
          nowNanos + TimeUnit.MILLISECONDS.toNanos(options.compactHashCheckMillis());
      long compacted = member.store().compactRevision();
      due |= compacted != comparedCompaction;
      comparedCompaction = compacted;
    }
    return due;
  }

  private void compare(Set<Long> voters, long nowNanos) {
    nextCheckNanos = nowNanos + checkNanos();
    if (voters.size() < 2 || !comparing.compareAndSet(false, true)) {
      return;
    }
    confirm = false;
    comparison
        .round(voters)
        .whenComplete(
            (alarms, failure) -> {
              if (failure == null) {
                alarms.forEach(alarm -> commands.propose(new Command.SetAlarm(alarm, true)));
                // A first suspicion is looked into again at once.
                confirm = alarms.isEmpty() && comparison.suspects();
              }
              comparing.set(false);
            });
  }

  private long checkNanos() {
    return TimeUnit.MILLISECONDS.toNanos(options.corruptCheckMillis());
  }

  /**
   * Compares this member with the others before it is ready.
   *
   * @return whether it is not known to differ from a majority
   */
  CompletionStage<Boolean> compareSelf() {
    Set<Long> voters = member.node().status().confState().voters();
    if (!options.initialCorruptCheck() || voters.size() < 2) {
      return CompletableFuture.completedStage(true);
    }
    return comparison
        .round(voters)
        .thenCompose(first -> comparison.suspects() ? comparison.round(voters) : done(first))
        .thenApply(this::judgeSelf);
  }

  private static CompletionStage<Set<Alarm>> done(Set<Alarm> alarms) {
    return CompletableFuture.completedStage(alarms);
  }

  private boolean judgeSelf(Set<Alarm> alarms) {
    boolean wrong =
        alarms.stream().anyMatch(alarm -> alarm.memberId() == member.identity().memberId());
    if (wrong) {
      corruption.found("this member's data differs from that of the majority");
    }
    return !wrong;
  }

  private void lookForOthersInRepair(RaftStatus status) {
    Set<Long> voters = status.confState().voters();
    if (voters.isEmpty()) {
      // Who the members are stands in the log that was lost: the others will say.
      return;
    }
    List<CompletableFuture<Boolean>> answers = new ArrayList<>();
    List<Long> others = new ArrayList<>(new HashSet<>(voters));
    others.remove(status.memberId());
    for (Long id : others) {
      answers.add(
          peers
              .apply(id)
              .report(0)
              .handle((report, failure) -> failure == null && report.repairing())
              .toCompletableFuture());
    }
    CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
        .thenRun(() -> refuseWhenTooMany(voters, others, answers));
  }

  private void refuseWhenTooMany(
      Set<Long> voters, List<Long> others, List<CompletableFuture<Boolean>> answers) {
    List<String> lost = new ArrayList<>();
    for (int i = 0; i < others.size(); i++) {
      if (answers.get(i).join()) {
        lost.add(Long.toHexString(others.get(i)));
      }
    }
    int whole = voters.size() - lost.size() - 1;
    LOGGER.log(
        System.Logger.Level.WARNING,
        "this member has lost its log and finds no leader to take it from; members that have lost"
            + " theirs too: "
            + (lost.isEmpty() ? "none known" : String.join(", ", lost)));
    RaftStatus now = member.node().status();
    if (whole > voters.size() / 2 || now.hasLeader() || !now.repairing()) {
      return;
    }
    member
        .node()
        .fail(
            new StorageFailure(
                "this member has lost its log, and so have "
                    + String.join(", ", lost)
                    + ": only "
                    + whole
                    + " of "
                    + voters.size()
                    + " members are whole, too few to elect a leader that could repair the others."
                    + " Nothing was deleted: put the files back whose names end in .damaged-N, or"
                    + " restore the cluster from a backup",
                null));
  }
}
