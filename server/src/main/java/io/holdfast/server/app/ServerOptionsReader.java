package io.holdfast.server.app;

import io.holdfast.server.app.flag.Flag;
import io.holdfast.server.app.flag.FlagType;
import io.holdfast.server.app.flag.FlagValues;
import io.holdfast.server.app.flag.Flags;
import io.holdfast.server.app.flag.GoDuration;
import io.holdfast.server.app.flag.MemberUrl;
import io.holdfast.server.app.flag.TlsFlags;
import io.holdfast.server.app.flag.UsageException;
import io.holdfast.server.rest.AccessControl;
import io.holdfast.server.service.member.AutoCompaction;
import io.holdfast.server.service.member.BackupSchedule;
import io.holdfast.server.service.member.IntegrityOptions;
import io.holdfast.server.tls.TlsOptions;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Turns flags' values into {@link ServerOptions} and refuses what does not fit together. */
public final class ServerOptionsReader {
  private static final int HEARTBEATS_PER_ELECTION_MIN = 5;
  private static final Duration BACKUP_INTERVAL_MIN = Duration.ofSeconds(1);
  private static final Duration PROGRESS_INTERVAL_MIN = Duration.ofMillis(100);
  private static final Duration SCRUB_INTERVAL_MIN = Duration.ofSeconds(1);
  private static final Pattern WHOLE_NUMBER = Pattern.compile("\\d{1,18}");
  private static final Pattern VERSION = Pattern.compile("3\\.\\d{1,3}\\.\\d{1,3}");
  private static final Pattern ORIGIN = Pattern.compile("https?://[^/?#@,\\s]+");
  private static final String DATA_DIR_SUFFIX = ".holdfast";

  private final FlagValues values;

  private ServerOptionsReader(FlagValues values) {
    this.values = values;
  }

  /**
   * @throws UsageException with one line that says which flag is unusable and how to mend it
   */
  public static ServerOptions read(FlagValues values) {
    return new ServerOptionsReader(values).read();
  }

  private ServerOptions read() {
    String name = name();
    List<MemberUrl> listenPeer = required(Flags.LISTEN_PEER_URLS);
    List<MemberUrl> advertisePeer = advertisePeerUrls(listenPeer);
    TlsOptionsReader tls = new TlsOptionsReader(values, this::path);
    Optional<TlsOptions> clientTls =
        tls.read(TlsFlags.CLIENTS, Flags.LISTEN_CLIENT_URLS, clientUrls());
    Optional<TlsOptions> peerTls =
        tls.read(TlsFlags.PEERS, Flags.LISTEN_PEER_URLS, uniform(listenPeer));
    return new ServerOptions(
        name,
        dataDir(name),
        optionalPath(Flags.WAL_DIR),
        required(Flags.LISTEN_CLIENT_URLS),
        values.urls(Flags.LISTEN_CLIENT_HTTP_URLS),
        advertiseClientUrls(),
        listenPeer,
        advertisePeer,
        values.urls(Flags.LISTEN_METRICS_URLS),
        initialCluster(name, advertisePeer),
        values.text(Flags.INITIAL_CLUSTER_STATE).equals("new"),
        token(),
        new ServerOptions.Reconfiguration(
            values.bool(Flags.STRICT_RECONFIG_CHECK),
            (int) values.whole(Flags.MAX_LEARNERS),
            values.bool(Flags.AUTO_PROMOTE_LEARNERS)),
        raft(),
        limits(),
        integrity(),
        new AuthOptionsReader(values, this::path).read(),
        clientTls,
        peerTls,
        new ServerOptions.Pages(accessControl(), values.bool(Flags.ENABLE_GRPC_GATEWAY)),
        new LoggingOptionsReader(values).read(),
        backupSchedule(),
        values.bool(Flags.FORCE_NEW_CLUSTER),
        reportedEtcdVersion(),
        Stream.concat(values.warnings().stream(), tls.warnings().stream()).toList());
  }

  /** Every URL that clients and scrapers reach this member at, with one certificate for all. */
  private List<MemberUrl> clientUrls() {
    return Stream.of(
            Flags.LISTEN_CLIENT_URLS, Flags.LISTEN_CLIENT_HTTP_URLS, Flags.LISTEN_METRICS_URLS)
        .flatMap(flag -> values.urls(flag).stream())
        .toList();
  }

  /** Members listen on one port for all: protected or not. */
  private List<MemberUrl> uniform(List<MemberUrl> listenPeer) {
    if (listenPeer.stream().map(MemberUrl::isSecure).distinct().count() > 1) {
      throw unusable(
          Flags.LISTEN_PEER_URLS, "write either https:// for all URLs or http:// for all");
    }
    return listenPeer;
  }

  private String name() {
    String name = values.text(Flags.NAME);
    if (name.isBlank() || name.indexOf('=') >= 0 || name.indexOf(',') >= 0) {
      throw unusable(Flags.NAME, "give one word without commas and equals signs");
    }
    return name;
  }

  private Path dataDir(String name) {
    String given = values.isGiven(Flags.DATA_DIR) ? values.text(Flags.DATA_DIR) : "";
    return given.isEmpty() ? path(Flags.NAME, name + DATA_DIR_SUFFIX) : path(Flags.DATA_DIR, given);
  }

  private Optional<Path> optionalPath(Flag flag) {
    String given = values.text(flag);
    return given.isEmpty() ? Optional.empty() : Optional.of(path(flag, given));
  }

  private Path path(Flag flag, String text) {
    try {
      return Path.of(text).toAbsolutePath().normalize();
    } catch (InvalidPathException notAPath) {
      throw unusable(flag, "this cannot be a path");
    }
  }

  private List<MemberUrl> required(Flag flag) {
    List<MemberUrl> urls = values.urls(flag);
    if (urls.isEmpty()) {
      throw unusable(flag, "give at least one URL, for example " + flag.defaultValue());
    }
    return urls;
  }

  private List<MemberUrl> advertiseClientUrls() {
    boolean listens = values.isGiven(Flags.LISTEN_CLIENT_URLS);
    if (listens && !values.isGiven(Flags.ADVERTISE_CLIENT_URLS)) {
      throw new UsageException(
          "--advertise-client-urls is required when --listen-client-urls is given: name the URLs"
              + " under which clients reach this member");
    }
    return reachable(Flags.ADVERTISE_CLIENT_URLS);
  }

  /** Without the flag, what is listened on is advertised, if others can reach it by that name. */
  private List<MemberUrl> advertisePeerUrls(List<MemberUrl> listenPeer) {
    boolean own =
        values.isGiven(Flags.INITIAL_ADVERTISE_PEER_URLS)
            || !values.isGiven(Flags.LISTEN_PEER_URLS)
            || listenPeer.stream().anyMatch(url -> url.isWildcard() || url.port() == 0);
    return own ? reachable(Flags.INITIAL_ADVERTISE_PEER_URLS) : listenPeer;
  }

  private List<MemberUrl> reachable(Flag flag) {
    List<MemberUrl> urls = required(flag);
    for (MemberUrl url : urls) {
      if (url.isWildcard() || url.port() == 0) {
        throw unusable(flag, "name an address and a port that others can connect to");
      }
    }
    return urls;
  }

  private Map<String, List<MemberUrl>> initialCluster(String name, List<MemberUrl> advertised) {
    String text = values.text(Flags.INITIAL_CLUSTER);
    if (text.isEmpty()) {
      return Map.of(name, advertised);
    }
    Map<String, List<MemberUrl>> members = new LinkedHashMap<>();
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      if (equals < 1) {
        throw unusable(Flags.INITIAL_CLUSTER, "write name=http://host:port, with commas between");
      }
      String url = part.substring(equals + 1).strip();
      Optional<String> problem = new FlagType.Urls(false).problemWith(url);
      if (url.isEmpty() || problem.isPresent()) {
        throw unusable(Flags.INITIAL_CLUSTER, problem.orElse("a member needs a URL"));
      }
      members
          .computeIfAbsent(part.substring(0, equals).strip(), key -> new ArrayList<>())
          .add(MemberUrl.parse(url));
    }
    long distinct = members.values().stream().flatMap(List::stream).distinct().count();
    long all = members.values().stream().mapToLong(List::size).sum();
    if (distinct != all) {
      throw unusable(Flags.INITIAL_CLUSTER, "two entries have the same URL");
    }
    return Map.copyOf(members);
  }

  private String token() {
    String token = values.text(Flags.INITIAL_CLUSTER_TOKEN);
    if (token.isBlank()) {
      throw unusable(Flags.INITIAL_CLUSTER_TOKEN, "give a word");
    }
    return token;
  }

  private ServerOptions.Raft raft() {
    int heartbeat = (int) values.whole(Flags.HEARTBEAT_INTERVAL);
    int election = (int) values.whole(Flags.ELECTION_TIMEOUT);
    if (election < HEARTBEATS_PER_ELECTION_MIN * heartbeat) {
      throw unusable(
          Flags.ELECTION_TIMEOUT,
          "give at least five times --heartbeat-interval, "
              + HEARTBEATS_PER_ELECTION_MIN * heartbeat);
    }
    return new ServerOptions.Raft(
        heartbeat,
        election,
        values.whole(Flags.SNAPSHOT_COUNT),
        values.whole(Flags.SNAPSHOT_CATCHUP_ENTRIES),
        values.bool(Flags.PRE_VOTE));
  }

  private ServerOptions.Limits limits() {
    Duration progress = values.duration(Flags.WATCH_PROGRESS_NOTIFY_INTERVAL);
    if (progress.compareTo(PROGRESS_INTERVAL_MIN) < 0) {
      throw unusable(Flags.WATCH_PROGRESS_NOTIFY_INTERVAL, "give at least 100ms");
    }
    return new ServerOptions.Limits(
        (int) values.whole(Flags.MAX_REQUEST_BYTES),
        (int) values.whole(Flags.MAX_TXN_OPS),
        values.whole(Flags.QUOTA_BACKEND_BYTES),
        autoCompaction(),
        values.whole(Flags.MAX_CONCURRENT_STREAMS),
        values.duration(Flags.GRPC_KEEPALIVE_MIN_TIME),
        values.duration(Flags.GRPC_KEEPALIVE_INTERVAL),
        values.duration(Flags.GRPC_KEEPALIVE_TIMEOUT),
        progress);
  }

  private IntegrityOptions integrity() {
    Duration compactions = values.duration(Flags.COMPACT_HASH_CHECK_TIME);
    if (compactions.compareTo(PROGRESS_INTERVAL_MIN) < 0) {
      throw unusable(Flags.COMPACT_HASH_CHECK_TIME, "give at least 100ms");
    }
    Duration scrubbing = values.duration(Flags.SCRUB_INTERVAL);
    if (scrubbing.compareTo(SCRUB_INTERVAL_MIN) < 0) {
      throw unusable(Flags.SCRUB_INTERVAL, "give at least 1s");
    }
    Duration comparing = values.duration(Flags.CORRUPT_CHECK_TIME);
    if (comparing.isNegative() || !comparing.isZero() && comparing.toMillis() < 1) {
      throw unusable(Flags.CORRUPT_CHECK_TIME, "give at least 1ms, or 0s for never");
    }
    return new IntegrityOptions(
        comparing.toMillis(),
        values.bool(Flags.COMPACT_HASH_CHECK_ENABLED),
        compactions.toMillis(),
        values.bool(Flags.INITIAL_CORRUPT_CHECK),
        values.whole(Flags.SCRUB_BYTES_PER_SECOND),
        scrubbing.toMillis());
  }

  /** As etcd reads it: a bare number means hours when the mode is periodic. */
  private AutoCompaction autoCompaction() {
    Flag flag = Flags.AUTO_COMPACTION_RETENTION;
    String text = values.text(flag).strip();
    boolean number = WHOLE_NUMBER.matcher(text).matches();
    if (values.text(Flags.AUTO_COMPACTION_MODE).equals("revision")) {
      if (!number) {
        throw unusable(flag, "give a number of revisions, or --auto-compaction-mode=periodic");
      }
      long revisions = Long.parseLong(text);
      return revisions == 0 ? new AutoCompaction.Off() : new AutoCompaction.ByRevision(revisions);
    }
    Duration retention =
        GoDuration.parse(number ? text + "h" : text)
            .orElseThrow(
                () -> unusable(flag, "give a duration, for example 30m, or a number of hours"));
    return retention.isZero() ? new AutoCompaction.Off() : new AutoCompaction.Periodic(retention);
  }

  private Optional<BackupSchedule> backupSchedule() {
    Duration interval = values.duration(Flags.BACKUP_INTERVAL);
    Optional<Path> directory = optionalPath(Flags.BACKUP_DIR);
    if (interval.isZero() && directory.isEmpty()) {
      return Optional.empty();
    }
    if (interval.isZero()) {
      throw unusable(Flags.BACKUP_DIR, "say how often with --backup-interval, for example 1h");
    }
    if (interval.compareTo(BACKUP_INTERVAL_MIN) < 0) {
      throw unusable(Flags.BACKUP_INTERVAL, "give at least 1s");
    }
    return Optional.of(
        new BackupSchedule(
            directory.orElseThrow(
                () -> unusable(Flags.BACKUP_INTERVAL, "say where with --backup-dir")),
            interval.toMillis(),
            (int) values.whole(Flags.BACKUP_KEEP)));
  }

  private AccessControl accessControl() {
    Set<String> origins = new LinkedHashSet<>();
    for (String origin : words(Flags.CORS)) {
      if (!origin.equals("*") && !ORIGIN.matcher(origin).matches()) {
        throw unusable(
            Flags.CORS, "write origins such as https://console.example:443, or * for all");
      }
      origins.add(AccessControl.normal(origin));
    }
    return new AccessControl(origins, Set.copyOf(words(Flags.HOST_WHITELIST)));
  }

  private List<String> words(Flag flag) {
    return Arrays.stream(values.text(flag).split(","))
        .map(String::strip)
        .filter(word -> !word.isEmpty())
        .toList();
  }

  private String reportedEtcdVersion() {
    String version = values.text(Flags.REPORTED_ETCD_VERSION);
    if (!VERSION.matcher(version).matches()) {
      throw unusable(Flags.REPORTED_ETCD_VERSION, "write three numbers, for example 3.6.0");
    }
    return version;
  }

  private UsageException unusable(Flag flag, String how) {
    return new UsageException("--" + flag.name() + "=" + values.text(flag) + ": " + how);
  }
}
