package io.holdfast.server.app.flag;

import io.holdfast.server.app.flag.Flag.Group;
import io.holdfast.server.app.flag.Flag.Support;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The one table of the server's flags. Names, meanings and defaults are etcd's, so that its command
 * lines, unit files and manifests work unchanged; what etcd knows and this server does not do is
 * here too, with the reason. Parsing, the help, the {@code ETCD_} variables, docs/flags.md and the
 * check of the Kubernetes manifests all read this table.
 */
public final class Flags {
  private static final Map<String, Flag> TABLE = new LinkedHashMap<>();

  private static final FlagType TEXT = new FlagType.Text("text");
  private static final FlagType PATH = new FlagType.Text("path");
  private static final FlagType BOOL = new FlagType.Bool();
  private static final FlagType TIME = new FlagType.Time();
  private static final FlagType URLS = new FlagType.Urls(false);
  private static final FlagType CLIENT_URLS = new FlagType.Urls(true);
  private static final FlagType COUNT = new FlagType.Whole(0, Long.MAX_VALUE, "number");
  private static final long UINT32_MAX = 4_294_967_295L;

  public static final Flag NAME =
      used(
          Group.MEMBER,
          "name",
          TEXT,
          "default",
          "This member's name: one word, unique in the cluster.");
  public static final Flag DATA_DIR =
      used(
          Group.MEMBER,
          "data-dir",
          PATH,
          "${name}.holdfast",
          "Directory of everything this member keeps; created with mode 0700 when absent.");
  public static final Flag WAL_DIR =
      used(
          Group.MEMBER,
          "wal-dir",
          PATH,
          "",
          "Directory of the write-ahead log, when it is to lie on another disk than the data.");
  public static final Flag LISTEN_CLIENT_URLS =
      used(
          Group.MEMBER,
          "listen-client-urls",
          CLIENT_URLS,
          "http://localhost:2379",
          "Where clients are served: gRPC, the JSON gateway and the health pages on one port; https://"
              + " with TLS; also unix://path and unixs://path.");
  public static final Flag LISTEN_CLIENT_HTTP_URLS =
      used(
          Group.MEMBER,
          "listen-client-http-urls",
          CLIENT_URLS,
          "",
          "Where only HTTP clients are served; HTTP then leaves --listen-client-urls.");
  public static final Flag ADVERTISE_CLIENT_URLS =
      used(
          Group.MEMBER,
          "advertise-client-urls",
          CLIENT_URLS,
          "http://localhost:2379",
          "What clients are told to connect to; needed when --listen-client-urls is given.");
  public static final Flag LISTEN_PEER_URLS =
      used(
          Group.MEMBER,
          "listen-peer-urls",
          URLS,
          "http://localhost:2380",
          "Where the other members are served.");
  public static final Flag LISTEN_METRICS_URLS =
      used(
          Group.MEMBER,
          "listen-metrics-urls",
          URLS,
          "",
          "More listeners for /metrics and the health pages alone, for probes and scrapers.");
  public static final Flag HEARTBEAT_INTERVAL =
      used(
          Group.MEMBER,
          "heartbeat-interval",
          new FlagType.Whole(1, 60_000, "ms"),
          "100",
          "How often the leader tells the others that it lives; about one round trip.");
  public static final Flag ELECTION_TIMEOUT =
      used(
          Group.MEMBER,
          "election-timeout",
          new FlagType.Whole(1, 50_000, "ms"),
          "1000",
          "Silence after which a member asks to lead; at least five heartbeat intervals.");
  public static final Flag SNAPSHOT_COUNT =
      used(
          Group.MEMBER,
          "snapshot-count",
          new FlagType.Whole(1, Long.MAX_VALUE, "entries"),
          "10000",
          "Entries applied between two snapshots of the log's state.");
  public static final Flag SNAPSHOT_CATCHUP_ENTRIES =
      used(
          Group.MEMBER,
          "snapshot-catchup-entries",
          COUNT,
          "5000",
          "Entries kept behind a snapshot, so that a slow follower needs no whole copy.");
  public static final Flag PRE_VOTE =
      used(
          Group.MEMBER,
          "pre-vote",
          BOOL,
          "true",
          "Ask before disturbing a leader when coming back from a partition.");
  public static final Flag BACKUP_INTERVAL =
      used(
          Group.MEMBER,
          "backup-interval",
          TIME,
          "0s",
          "How often this member backs itself up into --backup-dir; 0 for never.");
  public static final Flag BACKUP_DIR =
      used(
          Group.MEMBER,
          "backup-dir",
          PATH,
          "",
          "Where those backups go; created when absent. Best on another disk than the data.");
  public static final Flag BACKUP_KEEP =
      used(
          Group.MEMBER,
          "backup-keep",
          new FlagType.Whole(1, 100_000, "number"),
          "7",
          "How many of those backups stay; only files that were read back without fault count.");
  public static final Flag CONFIG_FILE =
      used(
          Group.MEMBER,
          "config-file",
          PATH,
          "",
          "YAML file with these flags' names as keys; flags and ETCD_ variables are then ignored.");

  public static final Flag INITIAL_ADVERTISE_PEER_URLS =
      used(
          Group.CLUSTER,
          "initial-advertise-peer-urls",
          URLS,
          "http://localhost:2380",
          "What the other members are told to connect to.");
  public static final Flag INITIAL_CLUSTER =
      used(
          Group.CLUSTER,
          "initial-cluster",
          new FlagType.Text("name=url,..."),
          "",
          "All members with their peer URLs; by default this one alone. Ignored once there is data.");
  public static final Flag INITIAL_CLUSTER_STATE =
      used(
          Group.CLUSTER,
          "initial-cluster-state",
          new FlagType.Choice(List.of("new", "existing")),
          "new",
          "Found the cluster, or join one that exists. Ignored once the member has data.");
  public static final Flag INITIAL_CLUSTER_TOKEN =
      used(
          Group.CLUSTER,
          "initial-cluster-token",
          TEXT,
          "etcd-cluster",
          "Part of the cluster's identity: keeps clusters with equal URLs apart.");
  public static final Flag STRICT_RECONFIG_CHECK =
      used(
          Group.CLUSTER,
          "strict-reconfig-check",
          BOOL,
          "true",
          "Refuse changes of the membership that would endanger the quorum.");
  public static final Flag MAX_LEARNERS =
      used(
          Group.CLUSTER,
          "max-learners",
          new FlagType.Whole(0, 1_000, "number"),
          "1",
          "Most learners in the cluster; the leader's value counts.");
  public static final Flag AUTO_PROMOTE_LEARNERS =
      used(
          Group.CLUSTER,
          "auto-promote-learners",
          BOOL,
          "false",
          "While this member leads: give learners a vote once they have caught up.");

  public static final Flag FORCE_NEW_CLUSTER =
      used(
          Group.CLUSTER,
          "force-new-cluster",
          BOOL,
          "false",
          "Keep this member's data, give all others up and be a cluster of one. For one start.");

  public static final Flag AUTH_TOKEN =
      used(
          Group.SECURITY,
          "auth-token",
          new FlagType.Text("simple|jwt,..."),
          "simple",
          "What users get when they sign in: simple tokens, or signed ones as"
              + " jwt,sign-method=RS256,priv-key=FILE,pub-key=FILE,ttl=5m,audience=NAME.");
  public static final Flag AUTH_TOKEN_TTL =
      used(
          Group.SECURITY,
          "auth-token-ttl",
          new FlagType.Whole(1, 31_536_000, "seconds"),
          "300",
          "How long a simple token lives after its last use.");
  public static final Flag BCRYPT_COST =
      used(
          Group.SECURITY,
          "bcrypt-cost",
          new FlagType.Whole(4, 31, "number"),
          "10",
          "The work of hashing a password; each step doubles it.");

  public static final Flag CORS =
      used(
          Group.SECURITY,
          "cors",
          new FlagType.Text("origin,..."),
          "*",
          "Origins whose pages may call the HTTP side from browsers, as https://host:port; * for all.");
  public static final Flag HOST_WHITELIST =
      used(
          Group.SECURITY,
          "host-whitelist",
          new FlagType.Text("host,..."),
          "*",
          "Names and addresses, without port, under which HTTP clients may call; * for all.");
  public static final Flag ENABLE_GRPC_GATEWAY =
      used(
          Group.MEMBER,
          "enable-grpc-gateway",
          BOOL,
          "true",
          "Serve etcd's calls as JSON under /v3.");

  public static final Flag MAX_REQUEST_BYTES =
      used(
          Group.LIMITS,
          "max-request-bytes",
          new FlagType.Whole(1, 1_073_741_824, "bytes"),
          "1572864",
          "Largest request of a client.");
  public static final Flag MAX_TXN_OPS =
      used(
          Group.LIMITS,
          "max-txn-ops",
          new FlagType.Whole(1, 1_000_000, "number"),
          "128",
          "Most operations in each list of a transaction.");
  public static final Flag QUOTA_BACKEND_BYTES =
      used(
          Group.LIMITS,
          "quota-backend-bytes",
          new FlagType.Whole(Long.MIN_VALUE, Long.MAX_VALUE, "bytes"),
          "0",
          "Size of all records at which the alarm NOSPACE is raised; 0 for 2 GiB, below 0 for none.");
  public static final Flag AUTO_COMPACTION_MODE =
      used(
          Group.LIMITS,
          "auto-compaction-mode",
          new FlagType.Choice(List.of("periodic", "revision")),
          "periodic",
          "What --auto-compaction-retention counts: time, or revisions.");
  public static final Flag AUTO_COMPACTION_RETENTION =
      used(
          Group.LIMITS,
          "auto-compaction-retention",
          TEXT,
          "0",
          "History that stays: 5m or 24 (hours) when periodic, else a number of revisions; 0 for all.");
  public static final Flag MAX_CONCURRENT_STREAMS =
      used(
          Group.LIMITS,
          "max-concurrent-streams",
          new FlagType.Whole(1, UINT32_MAX, "number"),
          String.valueOf(UINT32_MAX),
          "Most open streams of one client connection.");
  public static final Flag GRPC_KEEPALIVE_MIN_TIME =
      used(
          Group.LIMITS,
          "grpc-keepalive-min-time",
          TIME,
          "5s",
          "A client that pings more often than this is sent away.");
  public static final Flag GRPC_KEEPALIVE_INTERVAL =
      used(
          Group.LIMITS,
          "grpc-keepalive-interval",
          TIME,
          "2h",
          "How often an idle client is pinged; 0 for never.");
  public static final Flag GRPC_KEEPALIVE_TIMEOUT =
      used(
          Group.LIMITS,
          "grpc-keepalive-timeout",
          TIME,
          "20s",
          "How long a ping may stay unanswered before the connection is closed.");
  public static final Flag WATCH_PROGRESS_NOTIFY_INTERVAL =
      used(
          Group.LIMITS,
          "watch-progress-notify-interval",
          TIME,
          "10m",
          "How often a silent watcher that asked for it is told the revision; at least 100ms.");
  public static final Flag CORRUPT_CHECK_TIME =
      used(
          Group.LIMITS,
          "corrupt-check-time",
          TIME,
          "10m",
          "How often the leader compares the members' data; 0s for never.");
  public static final Flag COMPACT_HASH_CHECK_ENABLED =
      used(
          Group.LIMITS,
          "compact-hash-check-enabled",
          BOOL,
          "true",
          "Whether the leader compares the members' data after compactions.");
  public static final Flag COMPACT_HASH_CHECK_TIME =
      used(
          Group.LIMITS,
          "compact-hash-check-time",
          TIME,
          "1m",
          "How often the leader looks whether there was a compaction; at least 100ms.");
  public static final Flag INITIAL_CORRUPT_CHECK =
      used(
          Group.LIMITS,
          "initial-corrupt-check",
          BOOL,
          "false",
          "Compare this member's data with the others' before it is ready.");
  public static final Flag SCRUB_BYTES_PER_SECOND =
      used(
          Group.LIMITS,
          "scrub-bytes-per-second",
          new FlagType.Whole(0, 1L << 40, "bytes"),
          "4194304",
          "How fast files are read again to find damage; 0 for never.");
  public static final Flag SCRUB_INTERVAL =
      used(
          Group.LIMITS,
          "scrub-interval",
          TIME,
          "1h",
          "The pause between two passes over all files; at least 1s.");

  public static final Flag LOG_LEVEL =
      used(
          Group.OBSERVE,
          "log-level",
          new FlagType.Choice(List.of("debug", "info", "warn", "error", "panic", "fatal")),
          "info",
          "The least important messages that are written.");
  public static final Flag LOG_FORMAT =
      used(
          Group.OBSERVE,
          "log-format",
          new FlagType.Choice(List.of("json", "console")),
          "json",
          "One JSON object a line (level, ts, caller, msg), or lines for people.");
  public static final Flag LOG_OUTPUTS =
      used(
          Group.OBSERVE,
          "log-outputs",
          new FlagType.Text("output,..."),
          "default",
          "stderr (the default), stdout, or paths of files to append to.");
  public static final Flag ENABLE_LOG_ROTATION =
      used(
          Group.OBSERVE,
          "enable-log-rotation",
          new FlagType.Bool(),
          "false",
          "Set the log's file aside when it has grown; one of --log-outputs has to be a file.");
  public static final Flag LOG_ROTATION_CONFIG_JSON =
      used(
          Group.OBSERVE,
          "log-rotation-config-json",
          new FlagType.Text("json"),
          "{\"maxsize\": 100, \"maxage\": 0, \"maxbackups\": 0, \"localtime\": false,"
              + " \"compress\": false}",
          "When: at so many megabytes. What is kept: for so many days, so many files; 0 for all.");
  public static final Flag WARNING_APPLY_DURATION =
      used(
          Group.OBSERVE,
          "warning-apply-duration",
          TIME,
          "100ms",
          "A command that takes longer to execute is worth a warning, one a second at most.");
  public static final Flag WARNING_UNARY_REQUEST_DURATION =
      used(
          Group.OBSERVE,
          "warning-unary-request-duration",
          TIME,
          "300ms",
          "The same for a call, from its begin to its answer; waiting for locks is no such call.");
  public static final Flag REPORTED_ETCD_VERSION =
      used(
          Group.OBSERVE,
          "reported-etcd-version",
          new FlagType.Text("3.x.y"),
          "3.6.0",
          "The etcd API level told to clients, which choose features by it.");

  static {
    TlsFlags.addTo(TABLE);
    InertFlags.addTo(TABLE);
  }

  private Flags() {}

  /** Every row, in the order of the help. */
  public static List<Flag> all() {
    List<Flag> rows = new ArrayList<>(TABLE.values());
    rows.sort((a, b) -> a.group().compareTo(b.group()));
    return Collections.unmodifiableList(rows);
  }

  /** The row of a flag's name without dashes. */
  public static Optional<Flag> find(String name) {
    return Optional.ofNullable(TABLE.get(name));
  }

  private static Flag used(
      Group group, String name, FlagType type, String defaultValue, String text) {
    Flag flag = new Flag(name, group, type, defaultValue, Support.USED, text);
    TABLE.put(name, flag);
    return flag;
  }
}
