package io.holdfast.server.service.member;

import io.holdfast.server.apply.Command;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import java.util.OptionalLong;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Proposes the compactions that a schedule asks for, while this member leads. */
final class AutoCompactor {
  private static final System.Logger LOGGER = System.getLogger(AutoCompactor.class.getName());

  private final MemberContext member;
  private final CommandPath commands;
  private final CompactionSchedule schedule;

  private AutoCompactor(MemberContext member, CommandPath commands, CompactionSchedule schedule) {
    this.member = member;
    this.commands = commands;
    this.schedule = schedule;
  }

  /** Begins, unless it is switched off. */
  static void start(MemberContext member, CommandPath commands, ScheduledExecutorService timer) {
    AutoCompaction setting = member.config().autoCompaction();
    if (setting instanceof AutoCompaction.Off) {
      return;
    }
    CompactionSchedule schedule =
        CompactionSchedule.of(setting, member.nanoTime(), member.store().currentRevision());
    AutoCompactor compactor = new AutoCompactor(member, commands, schedule);
    long interval = schedule.intervalNanos();
    timer.scheduleWithFixedDelay(compactor::turn, interval, interval, TimeUnit.NANOSECONDS);
  }

  private synchronized void turn() {
    OptionalLong due =
        schedule.turn(
            member.nanoTime(), member.store().currentRevision(), member.node().status().isLeader());
    due.ifPresent(this::compact);
  }

  private void compact(long revision) {
    commands
        .propose(new Command.Compact(revision, false))
        .whenComplete(
            (done, failure) -> {
              boolean already =
                  failure instanceof StoreException refusal
                      && refusal.error() == EtcdError.COMPACTED;
              if (failure == null || already) {
                finished(revision);
              } else {
                LOGGER.log(
                    System.Logger.Level.WARNING,
                    "automatic compaction to revision "
                        + revision
                        + " failed and is tried again: "
                        + failure.getMessage());
              }
            });
  }

  private synchronized void finished(long revision) {
    schedule.done(member.nanoTime(), revision);
    LOGGER.log(System.Logger.Level.INFO, "compacted automatically to revision " + revision);
  }
}
