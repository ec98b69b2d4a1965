package io.holdfast.server.service.member;

import io.holdfast.server.service.MemberTimings;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a member is started with; named after etcd's flags, with their defaults. Immutable; made by
 * {@link #builder}.
 *
 * @param name the member's name within {@code initialCluster}
 * @param dataDirectory where everything durable lives, under {@code member/}
 * @param walDirectory the log's own directory, when it is to be on another disk
 * @param listenPeerUrls where peers reach this member ("http://127.0.0.1:2380"); not opened when
 *     the member is alone in its cluster
 * @param initialAdvertisePeerUrls the peer URLs of this member as the others know them
 * @param advertiseClientUrls the client URLs that MemberList shows
 * @param initialCluster every member's name with its peer URLs
 * @param foundsCluster whether a member without data founds the cluster; otherwise it joins one
 * @param initialClusterToken sets clusters apart that have the same names and URLs
 * @param strictReconfigCheck whether changes that endanger the quorum are refused
 * @param maxLearners how many learners there may be
 * @param autoPromoteLearners whether the leader promotes learners as soon as they have caught up
 * @param heartbeatIntervalMillis the length of a tick
 * @param electionTimeoutMillis how long a follower waits for its leader, before randomisation
 * @param snapshotCount applied entries between two points from which recovery can start
 * @param snapshotCatchupEntries entries kept in memory behind such a point for slow followers
 * @param quotaBackendBytes the size of the store's records at which puts are refused; 0 for {@link
 *     #QUOTA_BYTES_DEFAULT}, negative for none
 * @param autoCompaction which history the leader gives up by itself
 * @param maxTxnOps operations allowed in one list of a transaction
 * @param maxRequestBytes the largest command that is proposed
 * @param preVote whether a candidate asks first whether it could win
 * @param watchProgressNotifyIntervalMillis how often idle watchers hear of the revision
 * @param integrity how damage is looked for
 * @param auth how users sign in
 * @param reportedVersion the etcd version that Status reports
 * @param product this release, as backups tell of their origin
 * @param backupSchedule when and where backups are made by themselves
 * @param forceNewCluster whether the member becomes the only one of its cluster at this start
 * @param timings told how long work takes
 */
public record MemberConfig(
    String name,
    Path dataDirectory,
    Optional<Path> walDirectory,
    List<String> listenPeerUrls,
    List<String> initialAdvertisePeerUrls,
    List<String> advertiseClientUrls,
    SortedMap<String, List<String>> initialCluster,
    boolean foundsCluster,
    String initialClusterToken,
    boolean strictReconfigCheck,
    int maxLearners,
    boolean autoPromoteLearners,
    int heartbeatIntervalMillis,
    int electionTimeoutMillis,
    long snapshotCount,
    long snapshotCatchupEntries,
    long quotaBackendBytes,
    AutoCompaction autoCompaction,
    int maxTxnOps,
    int maxRequestBytes,
    boolean preVote,
    long watchProgressNotifyIntervalMillis,
    IntegrityOptions integrity,
    AuthOptions auth,
    String reportedVersion,
    String product,
    Optional<BackupSchedule> backupSchedule,
    boolean forceNewCluster,
    MemberTimings timings) {

  /** 2 GiB, as in etcd. */
  public static final long QUOTA_BYTES_DEFAULT = 2L << 30;

  /** The quota as it is shown: the default instead of 0, negative for none. */
  public long shownQuotaBytes() {
    return quotaBackendBytes == 0 ? QUOTA_BYTES_DEFAULT : quotaBackendBytes;
  }

  /** The quota as it is kept. */
  long effectiveQuotaBytes() {
    return quotaBackendBytes < 0 ? Long.MAX_VALUE : shownQuotaBytes();
  }

  /** A builder for a member that is alone in its cluster, unless told otherwise. */
  public static Builder builder(String name, Path dataDirectory) {
    return new Builder(name, dataDirectory);
  }

  /** Collects the settings; every setter returns the builder. */
  public static final class Builder {
    private static final String DEFAULT_PEER_URL = "http://localhost:2380";

    private final String name;
    private final Path dataDirectory;
    private Optional<Path> walDirectory = Optional.empty();
    private List<String> listenPeerUrls = List.of(DEFAULT_PEER_URL);
    private List<String> initialAdvertisePeerUrls = List.of(DEFAULT_PEER_URL);
    private List<String> advertiseClientUrls = List.of("http://localhost:2379");
    private SortedMap<String, List<String>> initialCluster = new TreeMap<>();
    private boolean foundsCluster = true;
    private String initialClusterToken = "etcd-cluster";
    private boolean strictReconfigCheck = true;
    private int maxLearners = 1;
    private boolean autoPromoteLearners;
    private int heartbeatIntervalMillis = 100;
    private int electionTimeoutMillis = 1000;
    private long snapshotCount = 10_000;
    private long snapshotCatchupEntries = 5_000;
    private long quotaBackendBytes;
    private AutoCompaction autoCompaction = new AutoCompaction.Off();
    private int maxTxnOps = 128;
    private int maxRequestBytes = 3 * 512 * 1024;
    private boolean preVote = true;
    private long watchProgressNotifyIntervalMillis = 600_000;
    private IntegrityOptions integrity = IntegrityOptions.defaults();
    private AuthOptions auth = AuthOptions.defaults();
    private String reportedVersion = "3.6.0";
    private String product = "unversioned";
    private Optional<BackupSchedule> backupSchedule = Optional.empty();
    private boolean forceNewCluster;
    private MemberTimings timings = MemberTimings.NONE;

    private Builder(String name, Path dataDirectory) {
      this.name = Objects.requireNonNull(name, "name");
      this.dataDirectory = Objects.requireNonNull(dataDirectory, "dataDirectory");
    }

    public Builder walDirectory(Path directory) {
      walDirectory = Optional.of(directory);
      return this;
    }

    public Builder listenPeerUrls(List<String> urls) {
      listenPeerUrls = List.copyOf(urls);
      return this;
    }

    public Builder initialAdvertisePeerUrls(List<String> urls) {
      initialAdvertisePeerUrls = List.copyOf(urls);
      return this;
    }

    public Builder advertiseClientUrls(List<String> urls) {
      advertiseClientUrls = List.copyOf(urls);
      return this;
    }

    /** Every member's peer URLs by its name; left empty, the member is alone. */
    public Builder initialCluster(SortedMap<String, List<String>> urlsByName) {
      initialCluster = new TreeMap<>(urlsByName);
      return this;
    }

    /** Whether a member without data founds the cluster (as it does by default) or joins it. */
    public Builder foundsCluster(boolean founds) {
      foundsCluster = founds;
      return this;
    }

    public Builder initialClusterToken(String token) {
      initialClusterToken = token;
      return this;
    }

    public Builder strictReconfigCheck(boolean strict) {
      strictReconfigCheck = strict;
      return this;
    }

    public Builder maxLearners(int learners) {
      maxLearners = learners;
      return this;
    }

    public Builder autoPromoteLearners(boolean promote) {
      autoPromoteLearners = promote;
      return this;
    }

    public Builder heartbeatIntervalMillis(int millis) {
      heartbeatIntervalMillis = millis;
      return this;
    }

    public Builder electionTimeoutMillis(int millis) {
      electionTimeoutMillis = millis;
      return this;
    }

    public Builder snapshotCount(long entries) {
      snapshotCount = entries;
      return this;
    }

    public Builder snapshotCatchupEntries(long entries) {
      snapshotCatchupEntries = entries;
      return this;
    }

    public Builder quotaBackendBytes(long bytes) {
      quotaBackendBytes = bytes;
      return this;
    }

    public Builder autoCompaction(AutoCompaction setting) {
      autoCompaction = setting;
      return this;
    }

    public Builder maxTxnOps(int operations) {
      maxTxnOps = operations;
      return this;
    }

    public Builder maxRequestBytes(int bytes) {
      maxRequestBytes = bytes;
      return this;
    }

    public Builder preVote(boolean enabled) {
      preVote = enabled;
      return this;
    }

    public Builder watchProgressNotifyIntervalMillis(long millis) {
      watchProgressNotifyIntervalMillis = millis;
      return this;
    }

    public Builder integrity(IntegrityOptions options) {
      integrity = options;
      return this;
    }

    public Builder reportedVersion(String version) {
      reportedVersion = version;
      return this;
    }

    public Builder product(String release) {
      product = release;
      return this;
    }

    public Builder backupSchedule(BackupSchedule schedule) {
      backupSchedule = Optional.of(schedule);
      return this;
    }

    public Builder auth(AuthOptions options) {
      auth = options;
      return this;
    }

    public Builder forceNewCluster(boolean forced) {
      forceNewCluster = forced;
      return this;
    }

    public Builder timings(MemberTimings told) {
      timings = told;
      return this;
    }

    /** The settings, not yet checked: the start of a member does that. */
    public MemberConfig build() {
      SortedMap<String, List<String>> cluster = new TreeMap<>(initialCluster);
      if (cluster.isEmpty()) {
        cluster.put(name, initialAdvertisePeerUrls);
      }
      return new MemberConfig(
          name,
          dataDirectory,
          walDirectory,
          listenPeerUrls,
          initialAdvertisePeerUrls,
          advertiseClientUrls,
          Collections.unmodifiableSortedMap(cluster),
          foundsCluster,
          initialClusterToken,
          strictReconfigCheck,
          maxLearners,
          autoPromoteLearners,
          heartbeatIntervalMillis,
          electionTimeoutMillis,
          snapshotCount,
          snapshotCatchupEntries,
          quotaBackendBytes,
          autoCompaction,
          maxTxnOps,
          maxRequestBytes,
          preVote,
          watchProgressNotifyIntervalMillis,
          integrity,
          auth,
          reportedVersion,
          product,
          backupSchedule,
          forceNewCluster,
          timings);
    }
  }
}
