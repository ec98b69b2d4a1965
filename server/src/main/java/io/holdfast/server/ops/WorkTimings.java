package io.holdfast.server.ops;

import io.holdfast.server.service.MemberTimings;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * How long the member's work takes, from its first sync on, which may come before there is anybody
 * to show it; in etcd's buckets. Thread-safe.
 */
public final class WorkTimings implements MemberTimings {
  private static final Duration SLOW = Duration.ofMillis(100);

  /**
   * @param operation etcd's name of a command
   * @param accepted false when it was refused
   */
  record Execution(String operation, boolean accepted) {}

  private final DurationHistogram walWrite = DurationHistogram.ofMillis(1, 14);
  private final DurationHistogram walSync = DurationHistogram.ofMillis(1, 14);
  private final DurationHistogram backendCommit = DurationHistogram.ofMillis(1, 14);
  private final DurationHistogram removalStep = DurationHistogram.ofMillis(1, 13);
  private final DurationHistogram removal = DurationHistogram.ofMillis(100, 14);
  private final DurationHistogram defragment = DurationHistogram.ofMillis(100, 13);
  private final DurationHistogram hash = DurationHistogram.ofMillis(10, 15);
  private final DurationHistogram hashOfRevision = DurationHistogram.ofMillis(10, 15);
  private final DurationHistogram backup = DurationHistogram.ofMillis(10, 17);
  private final Map<Execution, DurationHistogram> executions = new ConcurrentHashMap<>();
  private final LongAdder slowExecutions = new LongAdder();
  private volatile SlowWork slowWork = slowAfter(SLOW);
  private final LongAdder walBytes = new LongAdder();
  private volatile long lastRemovalMillis;

  @Override
  public void walWrite(long bytes, long nanos) {
    walBytes.add(bytes);
    walWrite.accept(nanos);
  }

  @Override
  public void walSync(long nanos) {
    walSync.accept(nanos);
  }

  @Override
  public void backendCommit(long nanos) {
    backendCommit.accept(nanos);
  }

  @Override
  public void executed(String operation, boolean accepted, long nanos) {
    executions
        .computeIfAbsent(
            new Execution(operation, accepted), key -> DurationHistogram.ofMicros(100, 20))
        .accept(nanos);
    if (slowWork.check(nanos, () -> "apply request took too long: " + operation)) {
      slowExecutions.increment();
    }
  }

  /** From now on a command is slow that takes longer; 100 ms before. */
  public void warnAfter(Duration limit) {
    slowWork = slowAfter(limit);
  }

  private static SlowWork slowAfter(Duration limit) {
    return new SlowWork(limit, SparseLog.of(System.getLogger(WorkTimings.class.getName())));
  }

  @Override
  public void removalStep(long nanos) {
    removalStep.accept(nanos);
  }

  @Override
  public void removal(long nanos) {
    removal.accept(nanos);
    lastRemovalMillis = System.currentTimeMillis();
  }

  @Override
  public void defragment(long nanos) {
    defragment.accept(nanos);
  }

  @Override
  public void hash(long nanos) {
    hash.accept(nanos);
  }

  @Override
  public void hashOfRevision(long nanos) {
    hashOfRevision.accept(nanos);
  }

  @Override
  public void backup(long nanos) {
    backup.accept(nanos);
  }

  void addTo(MetricFamilies families) {
    for (String name :
        new String[] {"etcd_disk_wal_fsync_duration_seconds", "etcd_wal_fsync_duration_seconds"}) {
      families.histogram(name, "Syncs of the write-ahead log.", walSync);
    }
    families.histogram(
        "etcd_disk_wal_write_duration_seconds", "Writes to the write-ahead log.", walWrite);
    families.gauge(
        "etcd_disk_wal_write_bytes_total", "Bytes written to the write-ahead log.", walBytes.sum());
    families.histogram(
        "etcd_disk_backend_commit_duration_seconds", "Commits of the store.", backendCommit);
    families.histogram(
        "etcd_disk_backend_defrag_duration_seconds", "Defragmentations on demand.", defragment);
    families.histogram("etcd_mvcc_hash_duration_seconds", "Hashes of everything.", hash);
    families.histogram(
        "etcd_mvcc_hash_rev_duration_seconds",
        "Hashes of the history up to a revision.",
        hashOfRevision);
    families.histogram(
        "etcd_disk_backend_snapshot_duration_seconds", "Backups handed out.", backup);
    families.histogramOfMillis(
        "etcd_debugging_mvcc_db_compaction_pause_duration_milliseconds",
        "Removals of a part of what was compacted away, in one go.",
        removalStep);
    families.histogramOfMillis(
        "etcd_debugging_mvcc_db_compaction_total_duration_milliseconds",
        "From the beginning to the end of removing what was compacted away.",
        removal);
    families.gauge(
        "etcd_debugging_mvcc_db_compaction_last",
        "When all that was compacted away was last removed, in Unix seconds; 0 for never.",
        lastRemovalMillis / 1000);
    families.executions(executions);
    families.counter(
        "etcd_server_slow_apply_total",
        "Commands that took longer than --warning-apply-duration.",
        slowExecutions.sum());
  }
}
