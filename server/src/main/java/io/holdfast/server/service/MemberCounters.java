package io.holdfast.server.service;

import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.watch.WatchFigures;
import java.util.List;

/**
 * A member's figures for metrics, as of one moment. Totals count from the member's start.
 *
 * @param memberId this member's id
 * @param isLearner whether this member has no vote
 * @param hasLeader whether a leader is known
 * @param isLeader whether this member leads
 * @param leaderChangesTotal how often the known leader changed to another one
 * @param commitIndex the highest index known to be committed
 * @param appliedIndex the highest index that is applied
 * @param proposalsCommittedTotal entries known to be committed, as etcd counts them: the commit
 *     index
 * @param proposalsAppliedTotal entries applied, as etcd counts them: the applied index
 * @param proposalsPending proposals of this member that wait for their outcome
 * @param proposalsFailedTotal proposals that were refused or whose outcome was not learned in time
 * @param readIndexesPending linearizable reads that wait for the leader's confirmation
 * @param readIndexesFailedTotal linearizable reads that were not confirmed in time
 * @param heartbeatsLateTotal times that this member, as the leader, let two heartbeat intervals
 *     pass without any
 * @param snapshotsSentTotal snapshots that were sent to peers
 * @param snapshotsInstalledTotal snapshots of a leader that were installed here
 * @param snapshotsInstalling snapshots that are being installed at this moment
 * @param databaseSizeBytes the size of the store's file
 * @param databaseSizeInUseBytes the part of it that holds live data
 * @param databaseReads snapshots of the store that are open, and syncs of it under way
 * @param databaseQuotaBytes the size at which puts are refused; negative when unlimited
 * @param revision the store's revision
 * @param compactRevision the revision below which history is gone
 * @param defragmenting whether a defragmentation is under way
 * @param promotions what became of promotions of learners
 * @param authRevision counts the changes of users and roles, from 1
 * @param keys the number of live keys
 * @param watches watchers, and what they are sent
 * @param leases the number of leases
 * @param diskFreeBytes what can still be written to the disk of log and store, of the fuller one
 * @param alarms the standing alarms as this member knows them
 * @param peers one for each other member this one has a connection to, or tries to have
 * @param usage what the store was used for
 * @param integrity what was found out about the member's data
 */
public record MemberCounters(
    long memberId,
    boolean isLearner,
    boolean hasLeader,
    boolean isLeader,
    long leaderChangesTotal,
    long commitIndex,
    long appliedIndex,
    long proposalsCommittedTotal,
    long proposalsAppliedTotal,
    long proposalsPending,
    long proposalsFailedTotal,
    long readIndexesPending,
    long readIndexesFailedTotal,
    long heartbeatsLateTotal,
    long snapshotsSentTotal,
    long snapshotsInstalledTotal,
    long snapshotsInstalling,
    long databaseSizeBytes,
    long databaseSizeInUseBytes,
    long databaseReads,
    long databaseQuotaBytes,
    long revision,
    long compactRevision,
    boolean defragmenting,
    PromotionCounters promotions,
    long authRevision,
    long keys,
    WatchFigures watches,
    long leases,
    long diskFreeBytes,
    List<Alarm> alarms,
    List<PeerCounters> peers,
    UsageCounters usage,
    IntegrityCounters integrity) {}
