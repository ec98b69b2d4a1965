package io.holdfast.server.service.member;

import io.holdfast.server.backup.BackupDirectory;
import io.holdfast.server.service.Backup;
import io.holdfast.server.service.BackupCounters;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Backs the member up at intervals, on a worker thread. A backup that fails is logged and counted
 * and does nothing to the member; the next one comes at its time.
 */
final class ScheduledBackups {
  private static final System.Logger LOGGER = System.getLogger(ScheduledBackups.class.getName());

  private final MemberContext member;
  private final BackupSchedule schedule;
  private final Backups backups;
  private final Executor workers;
  private final BackupDirectory directory;
  private volatile BackupCounters counters = new BackupCounters(0, 0, 0, 0, 0, 0);
  private volatile boolean running;

  private ScheduledBackups(
      MemberContext member, BackupSchedule schedule, Backups backups, Executor workers) {
    this.member = member;
    this.schedule = schedule;
    this.backups = backups;
    this.workers = workers;
    this.directory =
        new BackupDirectory(
            member.environment().disk(),
            schedule.directory(),
            member.config().name(),
            member.identity().clusterId());
  }

  /** Begins; the first backup comes after one interval. */
  static ScheduledBackups start(
      MemberContext member,
      BackupSchedule schedule,
      Backups backups,
      ScheduledExecutorService timer,
      Executor workers) {
    ScheduledBackups scheduled = new ScheduledBackups(member, schedule, backups, workers);
    scheduled.lookAtDirectory();
    timer.scheduleWithFixedDelay(
        scheduled::begin,
        schedule.intervalMillis(),
        schedule.intervalMillis(),
        TimeUnit.MILLISECONDS);
    return scheduled;
  }

  BackupCounters counters() {
    return counters;
  }

  /** So that the age of the last backup is known after a restart too. */
  private void lookAtDirectory() {
    try {
      long newest = directory.newestMillis().orElse(0L);
      counters = new BackupCounters(0, 0, newest, 0, 0, 0);
    } catch (IOException e) {
      LOGGER.log(
          System.Logger.Level.WARNING,
          "cannot read the directory of backups " + schedule.directory() + ": " + e);
    }
  }

  private void begin() {
    if (running) {
      LOGGER.log(
          System.Logger.Level.WARNING,
          "a backup takes longer than --backup-interval: the next one is left out");
      return;
    }
    running = true;
    backups
        .open()
        .whenComplete(
            (backup, failure) -> {
              if (failure != null) {
                failed(failure);
                return;
              }
              try {
                workers.execute(() -> run(backup));
              } catch (RejectedExecutionException e) {
                backup.close();
                failed(e);
              }
            });
  }

  private void run(Backup backup) {
    long start = member.nanoTime();
    try (backup) {
      long nowMillis = member.environment().wallMillis();
      BackupDirectory.Saved saved =
          directory.save(backup.header().revision(), nowMillis, backup::writeTo);
      BackupDirectory.Retention retention = directory.retain(schedule.keep());
      long duration = member.nanoTime() - start;
      BackupCounters before = counters;
      counters =
          new BackupCounters(
              before.succeededTotal() + 1,
              before.failedTotal(),
              nowMillis,
              saved.sizeBytes(),
              duration,
              retention.kept());
      running = false;
      report(saved, retention, duration);
    } catch (IOException | RuntimeException e) {
      failed(e);
    }
  }

  private void report(
      BackupDirectory.Saved saved, BackupDirectory.Retention retention, long durationNanos) {
    LOGGER.log(
        System.Logger.Level.INFO,
        "backed up to "
            + schedule.directory().resolve(saved.fileName())
            + " ("
            + saved.sizeBytes()
            + " bytes, "
            + TimeUnit.NANOSECONDS.toMillis(durationNanos)
            + " ms); keeping "
            + retention.kept()
            + ", deleted "
            + retention.deleted().size());
    for (String damaged : retention.damaged()) {
      LOGGER.log(
          System.Logger.Level.WARNING,
          "the backup "
              + schedule.directory().resolve(damaged)
              + " is damaged and does not count; look at it with holdfast snapshot status");
    }
  }

  private void failed(Throwable reason) {
    BackupCounters before = counters;
    counters =
        new BackupCounters(
            before.succeededTotal(),
            before.failedTotal() + 1,
            before.lastSuccessMillis(),
            before.lastSizeBytes(),
            before.lastDurationNanos(),
            before.kept());
    running = false;
    LOGGER.log(
        System.Logger.Level.WARNING,
        "a backup to " + schedule.directory() + " failed: " + CommandPath.unwrap(reason));
  }
}
