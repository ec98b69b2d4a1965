package io.holdfast.server.service.member;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.lease.LeaseTotals;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.mvcc.StoreTotals;
import io.holdfast.server.raft.RaftStatus;
import io.holdfast.server.service.IntegrityCounters;
import io.holdfast.server.service.MemberCounters;
import io.holdfast.server.service.PeerCounters;
import io.holdfast.server.service.TimesToLive;
import io.holdfast.server.service.UsageCounters;
import io.holdfast.server.transport.PeerFigures;

/** Collects a member's figures for metrics from its parts. */
final class MemberFigures {
  private MemberFigures() {}

  static MemberCounters of(MemberParts parts) {
    MemberContext context = parts.context;
    RaftStatus raft = context.node().status();
    MvccStore store = context.store();
    Backend backend = context.applier().backend();
    return new MemberCounters(
        raft.memberId(),
        context.isLearner(),
        raft.hasLeader(),
        raft.isLeader(),
        context.node().counters().leaderChangesTotal(),
        raft.commitIndex(),
        context.applier().appliedIndex(),
        raft.commitIndex(),
        context.applier().appliedIndex(),
        parts.commands.pendingCount(),
        parts.commands.failedTotal(),
        context.node().readsPending(),
        context.node().counters().readsFailedTotal(),
        context.node().counters().heartbeatsLateTotal(),
        context.node().counters().snapshotsSentTotal(),
        context.node().counters().snapshotsInstalledTotal(),
        context.node().counters().snapshotsInstalling(),
        backend.sizeBytes(),
        backend.sizeInUseBytes(),
        backend.openReads(),
        context.config().shownQuotaBytes(),
        store.currentRevision(),
        store.compactRevision(),
        parts.maintenance.isDefragmenting(),
        parts.memberships.promotions().counters(),
        context.applier().auth().revision(),
        store.keyCount(),
        parts.hub.figures(),
        parts.lessor.leases().size(),
        parts.commands.space().diskFreeBytes(),
        context.applier().alarms().all(),
        parts.peers.figures().stream().map(MemberFigures::peer).toList(),
        usage(store.totals(), parts.lessor.totals()),
        new IntegrityCounters(
            parts.corruption.foundTotal(),
            parts.integrity.comparison().roundsTotal(),
            parts.integrity.comparison().incompleteRoundsTotal(),
            parts.integrity.comparison().mismatchesTotal(),
            parts.scrubber.bytesTotal(),
            parts.scrubber.passesTotal(),
            parts.scrubber.progress(),
            raft.repairing()));
  }

  private static UsageCounters usage(StoreTotals store, LeaseTotals leases) {
    return new UsageCounters(
        store.ranges(),
        store.puts(),
        store.putBytes(),
        store.deletes(),
        store.txns(),
        store.compacted(),
        leases.granted(),
        leases.renewed(),
        leases.revoked(),
        leases.expired(),
        new TimesToLive(leases.grantedByTtl(), leases.grantedTtlSeconds()));
  }

  private static PeerCounters peer(PeerFigures figures) {
    return new PeerCounters(
        figures.peerId(),
        figures.connected(),
        figures.disconnections(),
        figures.sentBytes(),
        figures.receivedBytes(),
        figures.sendFailures(),
        figures.roundTripBoundsSeconds(),
        figures.roundTripCounts(),
        figures.roundTripSumSeconds());
  }
}
