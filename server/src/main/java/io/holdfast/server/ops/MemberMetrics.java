package io.holdfast.server.ops;

import io.holdfast.server.service.BackupCounters;
import io.holdfast.server.service.IntegrityCounters;
import io.holdfast.server.service.MemberCounters;
import io.holdfast.server.service.TimesToLive;
import io.holdfast.server.service.UsageCounters;
import io.holdfast.server.watch.WatchFigures;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.prometheus.client.Collector;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;

/**
 * The metrics that etcd's dashboards and alerts read, under etcd's names, and the project's own.
 * Everything is read from the member at the moment of a scrape; what happens often is counted by
 * adders that cost a few nanoseconds.
 */
@Singleton
public class MemberMetrics extends Collector {
  private final ObservedMember member;
  private final RpcMetrics calls = new RpcMetrics();
  private final HealthTotals health = new HealthTotals();
  private volatile WorkTimings timings = new WorkTimings();
  private volatile String productVersion = "";
  private volatile String etcdVersion = "";

  MemberMetrics(ObservedMember member) {
    this.member = member;
  }

  void register(@Observes StartupEvent started, PrometheusMeterRegistry registry) {
    register(registry.getPrometheusRegistry());
  }

  /** Says which versions the two version metrics show. */
  public void versions(String product, String etcd) {
    productVersion = product;
    etcdVersion = etcd;
  }

  /** Where the answers of {@code /health} are counted. */
  public HealthTotals health() {
    return health;
  }

  /** Says where the times of the member's work are recorded. */
  public void timings(WorkTimings recorded) {
    timings = recorded;
  }

  /** Where calls are counted. */
  public RpcMetrics calls() {
    return calls;
  }

  @Override
  public List<MetricFamilySamples> collect() {
    MetricFamilies families = new MetricFamilies();
    families.info(
        "etcd_server_version", "The etcd API level served.", "server_version", etcdVersion);
    families.info(
        "etcd_cluster_version",
        "The etcd API level that all members serve.",
        "cluster_version",
        etcdVersion.replaceFirst("^(\\d+\\.\\d+).*", "$1"));
    families.info("holdfast_version", "This program's version.", "version", productVersion);
    member
        .counters()
        .ifPresent(
            counters -> {
              identity(families, counters);
              raft(families, counters);
              store(families, counters);
              usage(families, counters.usage());
              project(families, counters);
              families.peers(counters.memberId(), counters.peers());
              integrity(families, counters.integrity());
            });
    member.backups().ifPresent(backups -> backups(families, backups));
    timings.addTo(families);
    families.oddCounter(
        "etcd_server_health_success", "Times that /health said yes.", health.healthy());
    families.oddCounter(
        "etcd_server_health_failures", "Times that /health said no.", health.unhealthy());
    families.calls(calls);
    ProcessFigures.addTo(families);
    return families.list();
  }

  private static void identity(MetricFamilies families, MemberCounters counters) {
    families.info(
        "etcd_server_id", "This member's id.", "server_id", Long.toHexString(counters.memberId()));
    families.gauge(
        "etcd_server_is_learner", "Whether this member has no vote: 1 or 0.", counters.isLearner());
  }

  private static void raft(MetricFamilies families, MemberCounters counters) {
    families.gauge(
        "etcd_server_has_leader", "Whether a leader is known: 1 or 0.", counters.hasLeader());
    families.gauge(
        "etcd_server_is_leader", "Whether this member leads: 1 or 0.", counters.isLeader());
    families.counter(
        "etcd_server_leader_changes_seen_total",
        "Changes of the leader that this member saw.",
        counters.leaderChangesTotal());
    families.gauge(
        "etcd_server_proposals_committed_total",
        "Entries known to be committed.",
        counters.proposalsCommittedTotal());
    families.gauge(
        "etcd_server_proposals_applied_total",
        "Entries applied.",
        counters.proposalsAppliedTotal());
    families.gauge(
        "etcd_server_proposals_pending",
        "Proposals that wait for their outcome.",
        counters.proposalsPending());
    families.counter(
        "etcd_server_proposals_failed_total",
        "Proposals refused, or without a known outcome.",
        counters.proposalsFailedTotal());
    families.gauge(
        "etcd_server_read_indexes_pending",
        "Linearizable reads that wait for the leader.",
        counters.readIndexesPending());
    families.counter(
        "etcd_server_read_indexes_failed_total",
        "Linearizable reads that the leader did not confirm in time.",
        counters.readIndexesFailedTotal());
    families.counter(
        "etcd_server_slow_read_indexes_total",
        "Linearizable reads that the leader did not confirm in time.",
        counters.readIndexesFailedTotal());
    families.counter(
        "etcd_server_heartbeat_send_failures_total",
        "Times that this member, as the leader, let two heartbeat intervals pass without any.",
        counters.heartbeatsLateTotal());
    families.gauge(
        "etcd_server_snapshot_apply_in_progress_total",
        "Snapshots that are being installed.",
        counters.snapshotsInstalling());
    families.counter(
        "etcd_network_snapshot_send_success_total",
        "Snapshots sent to other members.",
        counters.snapshotsSentTotal());
    families.counter(
        "etcd_debugging_snap_installed_total",
        "Snapshots of a leader installed here.",
        counters.snapshotsInstalledTotal());
  }

  private static void backups(MetricFamilies families, BackupCounters backups) {
    families.counter(
        "holdfast_backup_success_total", "Scheduled backups made.", backups.succeededTotal());
    families.counter(
        "holdfast_backup_failures_total", "Scheduled backups that failed.", backups.failedTotal());
    families.gauge(
        "holdfast_backup_last_success_timestamp_seconds",
        "When the last scheduled backup succeeded; 0 for never.",
        backups.lastSuccessMillis() / 1000);
    families.gauge(
        "holdfast_backup_last_size_bytes", "Size of the last one.", backups.lastSizeBytes());
    families.gauge("holdfast_backup_kept", "Checked backups in the directory.", backups.kept());
  }

  private static void store(MetricFamilies families, MemberCounters counters) {
    families.gauge(
        "etcd_mvcc_db_total_size_in_bytes",
        "Size of the store's file.",
        counters.databaseSizeBytes());
    families.gauge(
        "etcd_debugging_mvcc_db_total_size_in_bytes",
        "Size of the store's file.",
        counters.databaseSizeBytes());
    families.gauge(
        "etcd_mvcc_db_total_size_in_use_in_bytes",
        "The part of the file that holds live data.",
        counters.databaseSizeInUseBytes());
    families.gauge(
        "etcd_mvcc_db_open_read_transactions",
        "Snapshots of the store that are open, and syncs of it under way.",
        counters.databaseReads());
    families.gauge(
        "etcd_server_quota_backend_bytes",
        "Size of all records at which puts are refused; below 0 for never.",
        counters.databaseQuotaBytes());
    families.gauge(
        "holdfast_disk_free_bytes",
        "What can still be written to the disk of log and store.",
        counters.diskFreeBytes());
    families.alarms(counters.alarms());
    families.gauge("etcd_debugging_mvcc_keys_total", "Live keys.", counters.keys());
    families.gauge(
        "etcd_debugging_mvcc_current_revision", "The store's revision.", counters.revision());
    families.gauge(
        "etcd_debugging_mvcc_compact_revision",
        "The revision below which history is gone.",
        counters.compactRevision());
    families.gauge(
        "etcd_disk_defrag_inflight",
        "Whether a defragmentation is under way: 1 or 0.",
        counters.defragmenting());
    families.promotions(counters.promotions());
    families.gauge(
        "etcd_debugging_auth_revision",
        "Counts the changes of users and roles.",
        counters.authRevision());
    watches(families, counters.watches());
    families.gauge("etcd_debugging_lease_live_total", "Leases.", counters.leases());
  }

  private static void watches(MetricFamilies families, WatchFigures watches) {
    families.gauge("etcd_debugging_mvcc_watcher_total", "Watchers.", watches.watchers());
    families.gauge(
        "etcd_debugging_mvcc_slow_watcher_total",
        "Watchers that do not keep up.",
        watches.slowWatchers());
    families.gauge(
        "etcd_debugging_mvcc_watch_stream_total", "Open watch streams.", watches.streams());
    families.counter(
        "etcd_debugging_mvcc_events_total", "Events sent to watchers.", watches.eventsSent());
    families.gauge(
        "etcd_debugging_mvcc_pending_events_total",
        "Events that wait to be sent together.",
        watches.eventsWaiting());
  }

  private static void usage(MetricFamilies families, UsageCounters usage) {
    // Dashboards made for etcd before 3.5 ask for the second names.
    for (String prefix : List.of("etcd_mvcc_", "etcd_debugging_mvcc_")) {
      families.counter(
          prefix + "range_total",
          "Ranges read here, those within transactions too.",
          usage.ranges());
      families.counter(
          prefix + "put_total", "Puts applied, those within transactions too.", usage.puts());
      families.counter(
          prefix + "delete_total",
          "Deletions of ranges applied, those within transactions too.",
          usage.deletes());
      families.counter(
          prefix + "txn_total", "Transactions that did more than one thing.", usage.txns());
    }
    families.counter(
        "etcd_debugging_mvcc_db_compaction_keys_total",
        "Records removed because a compaction had made them unreadable.",
        usage.compacted());
    families.gauge(
        "etcd_debugging_mvcc_total_put_size_in_bytes",
        "Bytes of the keys and values put.",
        usage.putBytes());
    families.counter(
        "etcd_debugging_lease_granted_total", "Leases granted.", usage.leasesGranted());
    families.counter(
        "etcd_debugging_lease_renewed_total",
        "Times that this member, as the leader, prolonged a lease.",
        usage.leasesRenewed());
    families.counter(
        "etcd_debugging_lease_revoked_total",
        "Leases that ended, by expiry or by request.",
        usage.leasesRevoked());
    families.counter(
        "etcd_debugging_server_lease_expired_total",
        "Leases that this member, as the leader, found expired.",
        usage.leasesExpired());
    TimesToLive granted = usage.timesToLive();
    families.histogram(
        "etcd_debugging_lease_ttl_total",
        "Times to live of the leases granted, in seconds.",
        TimesToLive.boundsSeconds(),
        granted.cumulativeCounts(),
        granted.sumSeconds());
  }

  private static void project(MetricFamilies families, MemberCounters counters) {
    families.counter(
        "etcd_server_commits_total", "Entries known to be committed.", counters.commitIndex());
    families.gauge(
        "etcd_server_leader_commits_index",
        "The commit index that the leader last told.",
        counters.commitIndex());
    families.gauge(
        "etcd_server_apply_commits_index",
        "The highest index that is applied.",
        counters.appliedIndex());
  }

  private static void integrity(MetricFamilies families, IntegrityCounters counters) {
    families.counter(
        "holdfast_damage_found_total",
        "Times that something read was not what was written.",
        counters.damageFoundTotal());
    families.counter(
        "holdfast_hash_comparisons_total",
        "Rounds in which this member, as leader, compared all members' data.",
        counters.comparisonsTotal());
    families.counter(
        "holdfast_hash_comparisons_incomplete_total",
        "Rounds in which a member could not be compared.",
        counters.incompleteComparisonsTotal());
    families.counter(
        "holdfast_hash_mismatches_total",
        "Members found to differ from the others.",
        counters.mismatchesTotal());
    families.counter(
        "holdfast_scrub_bytes_total",
        "Bytes of files read again and verified.",
        counters.scrubbedBytesTotal());
    families.counter(
        "holdfast_scrub_passes_total",
        "Passes over all files completed.",
        counters.scrubPassesTotal());
    families.gauge(
        "holdfast_scrub_progress_ratio",
        "How much of the current pass is done; 0 between passes.",
        counters.scrubProgress());
    families.gauge(
        "holdfast_member_repairing",
        "Whether this member's log was lost and is not whole again: 1 or 0.",
        counters.repairing());
  }
}
