package io.holdfast.server.app;

import io.holdfast.server.app.flag.MemberUrl;
import io.holdfast.server.error.MemberRemovedException;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.ops.MemberMetrics;
import io.holdfast.server.ops.ObservedMember;
import io.holdfast.server.service.member.Member;
import io.holdfast.server.service.member.MemberConfig;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import jakarta.inject.Inject;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Runs inside the framework once it is up: starts the member, opens its client listeners, says when
 * it is ready, and waits for the end, which {@link GracefulEnd} brings about.
 */
public class MemberApplication implements QuarkusApplication {
  private static final Logger LOG = System.getLogger(MemberApplication.class.getName());

  private final ObservedMember observed;
  private final MemberMetrics metrics;
  private final RestRoutes rest;

  @Inject
  MemberApplication(ObservedMember observed, MemberMetrics metrics, RestRoutes rest) {
    this.observed = observed;
    this.metrics = metrics;
    this.rest = rest;
  }

  @Override
  public int run(String... arguments) {
    ServerOptions options = ServerProcess.options();
    metrics.versions(Versions.product(), options.reportedEtcdVersion());
    Member member = null;
    ClientPort clients;
    try {
      LOG.log(Level.INFO, greeting(options));
      member = Member.start(configOf(options));
      clients = ClientPort.open(options, member, rest, metrics.calls());
    } catch (StartupException refused) {
      if (member != null) {
        member.close();
      }
      System.err.println("holdfast: " + refused.getMessage());
      return refused instanceof MemberRemovedException
          ? CommandLineRunner.EXIT_REMOVED
          : CommandLineRunner.EXIT_FAILURE;
    }
    observed.observe(member::health, member::counters, member::backups);
    GracefulEnd end = GracefulEnd.onSignal(clients, member);
    member.removed().thenAccept(end::afterRemoval);
    member
        .joined()
        .thenRun(
            () -> LOG.log(Level.INFO, "ready to serve client requests on " + clients.addresses()));
    Quarkus.waitForExit();
    return 0;
  }

  private static String greeting(ServerOptions options) {
    return "starting Holdfast "
        + Versions.product()
        + " (etcd API "
        + options.reportedEtcdVersion()
        + ", Java "
        + Runtime.version()
        + "): member "
        + options.name()
        + " of "
        + options.initialCluster().size()
        + ", data in "
        + options.dataDir();
  }

  private MemberConfig configOf(ServerOptions options) {
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
            .reportedVersion(options.reportedEtcdVersion())
            .product(Versions.product())
            .forceNewCluster(options.forceNewCluster())
            .walSyncNanos(metrics.walSync())
            .backendCommitNanos(metrics.backendCommit())
            .defragmentNanos(metrics.defragment());
    options.walDir().ifPresent(config::walDirectory);
    options.backupSchedule().ifPresent(config::backupSchedule);
    return config.build();
  }

  private static List<String> texts(List<MemberUrl> urls) {
    return urls.stream().map(MemberUrl::toString).toList();
  }
}
