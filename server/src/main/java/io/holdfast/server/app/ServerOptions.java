package io.holdfast.server.app;

import io.holdfast.server.app.flag.MemberUrl;
import io.holdfast.server.app.log.LogRotation;
import io.holdfast.server.rest.AccessControl;
import io.holdfast.server.service.member.AuthOptions;
import io.holdfast.server.service.member.AutoCompaction;
import io.holdfast.server.service.member.BackupSchedule;
import io.holdfast.server.service.member.IntegrityOptions;
import io.holdfast.server.tls.TlsOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one start of a member was asked for, typed and checked against itself. Nothing here has
 * touched the disk or the network.
 *
 * @param walDir where the log lies, when not inside the data directory
 * @param initialCluster peer URLs of every member by name; of importance only to a member without
 *     data
 * @param clusterIsNew whether a member without data founds the cluster, or joins one
 * @param clientTls how https URLs of clients are protected; empty when there is none
 * @param peerTls the same for members
 * @param warnings one line for each flag that was given and does nothing
 */
public record ServerOptions(
    String name,
    Path dataDir,
    Optional<Path> walDir,
    List<MemberUrl> listenClientUrls,
    List<MemberUrl> listenClientHttpUrls,
    List<MemberUrl> advertiseClientUrls,
    List<MemberUrl> listenPeerUrls,
    List<MemberUrl> initialAdvertisePeerUrls,
    List<MemberUrl> listenMetricsUrls,
    Map<String, List<MemberUrl>> initialCluster,
    boolean clusterIsNew,
    String initialClusterToken,
    Reconfiguration reconfiguration,
    Raft raft,
    Limits limits,
    IntegrityOptions integrity,
    AuthOptions auth,
    Optional<TlsOptions> clientTls,
    Optional<TlsOptions> peerTls,
    Pages pages,
    Logging logging,
    Optional<BackupSchedule> backupSchedule,
    boolean forceNewCluster,
    String reportedEtcdVersion,
    List<String> warnings) {

  /** What changes of the membership are held to. */
  public record Reconfiguration(
      boolean strictCheck, int learnersMax, boolean autoPromoteLearners) {}

  /** The pace of the member's Raft. */
  public record Raft(
      int heartbeatIntervalMillis,
      int electionTimeoutMillis,
      long snapshotCountEntries,
      long snapshotCatchupEntries,
      boolean preVote) {}

  /** What clients may ask for at most. */
  public record Limits(
      int maxRequestBytes,
      int maxTxnOps,
      long quotaBackendBytes,
      AutoCompaction autoCompaction,
      long maxConcurrentStreams,
      Duration keepaliveMinTime,
      Duration keepaliveInterval,
      Duration keepaliveTimeout,
      Duration watchProgressNotifyInterval) {}

  /** What is served over HTTP, and to whom. */
  public record Pages(AccessControl access, boolean jsonGateway) {}

  /**
   * Where messages go and how they look.
   *
   * @param rotation how the file among the outputs is set aside; empty when it only grows
   * @param slowApply a command that takes longer to execute is worth a warning
   * @param slowRequest a call that takes longer is
   */
  public record Logging(
      String level,
      String format,
      List<String> outputs,
      Optional<LogRotation> rotation,
      Duration slowApply,
      Duration slowRequest) {}
}
