package io.holdfast.server.app;

import io.holdfast.server.app.flag.MemberUrl;
import io.holdfast.server.ops.WorkTimings;
import io.holdfast.server.service.member.Member;
import io.holdfast.server.service.member.MemberConfig;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Opens a member on a thread of its own, beside the boot of the framework: both take about as long,
 * and neither needs the other.
 */
final class MemberStart {
  private final CompletableFuture<Member> member = new CompletableFuture<>();

  private MemberStart() {}

  /** Begins; returns at once. */
  static MemberStart begin(ServerOptions options, TlsSetup tls, WorkTimings timings) {
    MemberStart start = new MemberStart();
    Thread thread = new Thread(() -> start.run(options, tls, timings), "holdfast-start");
    thread.setDaemon(true);
    thread.start();
    return start;
  }

  private void run(ServerOptions options, TlsSetup tls, WorkTimings timings) {
    try {
      member.complete(Member.start(configOf(options, timings), tls.peerSecurity()));
    } catch (RuntimeException | Error failure) {
      member.completeExceptionally(failure);
    }
  }

  /**
   * Waits until the member has recovered.
   *
   * @throws io.holdfast.server.error.StartupException when it cannot start
   */
  Member await() {
    try {
      return member.join();
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof RuntimeException refused) {
        throw refused;
      }
      throw failed;
    }
  }

  /** Nobody is going to serve clients: waits for the member, if there is one, and closes it. */
  void abandon() {
    member
        .handle(
            (started, failure) -> {
              if (started != null) {
                started.close();
              }
              return failure;
            })
        .join();
  }

  private static MemberConfig configOf(ServerOptions options, WorkTimings timings) {
    SortedMap<String, List<String>> cluster = new TreeMap<>();
    options.initialCluster().forEach((name, urls) -> cluster.put(name, texts(urls)));
    ServerOptions.Raft raft = options.raft();
    ServerOptions.Limits limits = options.limits();
    MemberConfig.Builder config =
        MemberConfig.builder(options.name(), options.dataDir())
            .listenPeerUrls(texts(options.listenPeerUrls()))
            .initialAdvertisePeerUrls(texts(options.initialAdvertisePeerUrls()))
            .advertiseClientUrls(texts(options.advertiseClientUrls()))
            .initialCluster(cluster)
            .foundsCluster(options.clusterIsNew())
            .initialClusterToken(options.initialClusterToken())
            .strictReconfigCheck(options.reconfiguration().strictCheck())
            .maxLearners(options.reconfiguration().learnersMax())
            .autoPromoteLearners(options.reconfiguration().autoPromoteLearners())
            .heartbeatIntervalMillis(raft.heartbeatIntervalMillis())
            .electionTimeoutMillis(raft.electionTimeoutMillis())
            .snapshotCount(raft.snapshotCountEntries())
            .snapshotCatchupEntries(raft.snapshotCatchupEntries())
            .preVote(raft.preVote())
            .maxTxnOps(limits.maxTxnOps())
            .quotaBackendBytes(limits.quotaBackendBytes())
            .autoCompaction(limits.autoCompaction())
            .maxRequestBytes(limits.maxRequestBytes())
            .watchProgressNotifyIntervalMillis(limits.watchProgressNotifyInterval().toMillis())
            .integrity(options.integrity())
            .auth(options.auth())
            .reportedVersion(options.reportedEtcdVersion())
            .product(Versions.product())
            .forceNewCluster(options.forceNewCluster())
            .timings(timings);
    options.walDir().ifPresent(config::walDirectory);
    options.backupSchedule().ifPresent(config::backupSchedule);
    return config.build();
  }

  private static List<String> texts(List<MemberUrl> urls) {
    return urls.stream().map(MemberUrl::toString).toList();
  }
}
