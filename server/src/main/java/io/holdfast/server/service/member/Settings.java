package io.holdfast.server.service.member;

import io.holdfast.server.node.NodeOptions;
import io.holdfast.server.raft.RaftConfig;
import io.holdfast.server.wal.BatchListener;
import io.holdfast.server.wal.WalOptions;
import io.holdfast.server.watch.WatchHubOptions;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** What a member's configuration means to its parts. */
final class Settings {
  private static final long UNCOMMITTED_BYTES_MAX = 64L << 20;

  private Settings() {}

  static WalOptions walOptions(WalOptions usual, DiskSpace space, BatchListener listener) {
    return usual
        .withDisk(space.disk())
        .withListener(listener)
        .withSegmentBytesMax(Math.min(usual.segmentBytesMax(), space.walPlan().segmentBytesMax()));
  }

  static NodeOptions nodeOptions(NodeOptions usual, MemberConfig config, DiskSpace space) {
    return usual.toBuilder()
        .snapshotBytes(Math.min(usual.snapshotBytes(), space.walPlan().logBytesMax()))
        .tickNanos(TimeUnit.MILLISECONDS.toNanos(config.heartbeatIntervalMillis()))
        .snapshots(config.snapshotCount(), config.snapshotCatchupEntries())
        .readTimeoutNanos(MemberContext.requestTimeoutNanos(config))
        .build();
  }

  static RaftConfig raftConfig(
      MemberConfig config, MemberIdentity identity, SplittableRandom random) {
    RaftConfig defaults =
        RaftConfig.defaults(identity.memberId(), random::nextInt)
            .withTicks(config.electionTimeoutMillis() / config.heartbeatIntervalMillis(), 1);
    return new RaftConfig(
        defaults.memberId(),
        defaults.electionTimeoutTicks(),
        defaults.heartbeatTicks(),
        defaults.inflightMessagesMax(),
        defaults.inflightBytesMax(),
        defaults.appendBytesMax(),
        Math.max(UNCOMMITTED_BYTES_MAX, 4L * config.maxRequestBytes()),
        defaults.pendingReadsMax(),
        config.preVote(),
        defaults.checkQuorum(),
        defaults.random());
  }

  static WatchHubOptions watchOptions(MemberConfig config) {
    WatchHubOptions defaults = WatchHubOptions.defaults();
    return new WatchHubOptions(
        defaults.catchUpBytesMax(),
        defaults.recentBytesMax(),
        TimeUnit.MILLISECONDS.toNanos(config.watchProgressNotifyIntervalMillis()));
  }
}
