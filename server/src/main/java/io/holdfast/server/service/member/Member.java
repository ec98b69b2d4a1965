package io.holdfast.server.service.member;

import io.holdfast.server.apply.AppliedListener;
import io.holdfast.server.apply.Applier;
import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.apply.Membership;
import io.holdfast.server.apply.PendingRequests;
import io.holdfast.server.apply.codec.CommandCodec;
import io.holdfast.server.backend.Backend;
import io.holdfast.server.disk.Disk;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.MemberRemovedException;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.lease.Lessor;
import io.holdfast.server.lease.LessorOptions;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.node.NodePorts;
import io.holdfast.server.node.RaftNode;
import io.holdfast.server.node.ReceivedSnapshot;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.RaftCore;
import io.holdfast.server.raft.RaftStatus;
import io.holdfast.server.raft.Restored;
import io.holdfast.server.service.BackupCounters;
import io.holdfast.server.service.ClusterService;
import io.holdfast.server.service.HealthFacts;
import io.holdfast.server.service.IntegrityCounters;
import io.holdfast.server.service.KeyValueService;
import io.holdfast.server.service.LeaseService;
import io.holdfast.server.service.MaintenanceService;
import io.holdfast.server.service.MemberCounters;
import io.holdfast.server.service.ResponseHeader;
import io.holdfast.server.service.WatchService;
import io.holdfast.server.snapshot.SnapshotDamagedException;
import io.holdfast.server.snapshot.SnapshotFiles;
import io.holdfast.server.transport.LeaseAuthority;
import io.holdfast.server.transport.LocalMember;
import io.holdfast.server.transport.MembershipAuthority;
import io.holdfast.server.transport.PeerTransportConfig;
import io.holdfast.server.transport.Peers;
import io.holdfast.server.wal.VoteFile;
import io.holdfast.server.watch.WatchHub;
import io.holdfast.server.watch.WatchSink;
import io.holdfast.server.watch.WatchStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * One running member: the place where the rooms are put together, without any framework.
 *
 * <p>{@link #start} checks the configuration, opens log and store, brings them together, and starts
 * the node and the transport; it returns when recovery is done, not when a leader is known: {@link
 * #joined} tells that. {@link #close} ends in good order. A member that can no longer keep its
 * promises ends the whole process.
 *
 * <p>All methods may be called by any thread.
 */
public final class Member implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger(Member.class.getName());
  private static final long TRANSFER_MILLIS_MAX = 500;
  private static final long TIMER_MILLIS = 100;

  /** Committed but not applied entries with which a member still counts as caught up. */
  private static final long LAG_MAX = 5000;

  private static final long SHUTDOWN_SECONDS_MAX = 5;
  private static final int REQUESTS_PENDING_MAX = 50_000;
  private static final int WORKERS = 2;
  private static final int WORK_PENDING_MAX = 4096;

  private final MemberContext context;
  private final VoteFile votes;
  private final Corruption corruption;
  private final IntegrityDuties integrity;
  private final Scrubber scrubber;
  private final Peers peers;
  private final PeerFollower follower;
  private final MembershipChanges memberships;
  private final WatchHub hub;
  private final Lessor lessor;
  private final CommandPath commands;
  private final KeyValueService keyValues;
  private final LeaseService leases;
  private final ClusterService cluster;
  private final MaintenanceService maintenance;
  private final WatchService watches;
  private final Optional<ScheduledBackups> scheduledBackups;
  private final Deque<AutoCloseable> resources;
  private final CompletableFuture<Void> joined = new CompletableFuture<>();
  private final CompletableFuture<MemberRemovedException> removed = new CompletableFuture<>();
  private volatile boolean closed;

  /**
   * Starts a member that ends the process when it has to end itself.
   *
   * @throws StartupException when it cannot start with this configuration, with what to do about it
   */
  public static Member start(MemberConfig config) {
    return start(config, new MachineEnvironment());
  }

  /** The same somewhere else than on this machine, as far as the member can tell. */
  public static Member start(MemberConfig config, MemberEnvironment environment) {
    ConfigRules.check(config);
    Beginning beginning = Beginning.of(config, environment);
    if (config.forceNewCluster()) {
      ForcedCluster.check(beginning, config);
    }
    Deque<AutoCloseable> resources = new ArrayDeque<>();
    try {
      return new Member(config, beginning, environment, resources);
    } catch (RuntimeException | Error e) {
      closeAll(resources);
      throw e;
    }
  }

  private Member(
      MemberConfig config,
      Beginning beginning,
      MemberEnvironment environment,
      Deque<AutoCloseable> resources) {
    this.resources = resources;
    MemberIdentity identity = beginning.identity();
    DataDirectory directory = opened(DataDirectory.open(environment.disk(), config));
    DiskSpace space =
        new DiskSpace(environment.disk(), directory.wal(), directory.snap(), directory.reserve());
    SnapshotFiles snapshots = snapshots(environment.disk(), directory, identity);
    Optional<ReceivedSnapshot> received = newest(snapshots);
    StorageOpening.Opened storage =
        StorageOpening.open(
            directory,
            identity,
            config.initialCluster().size(),
            environment,
            space.disk(),
            Settings.walOptions(environment.walOptions(), space),
            received.map(ReceivedSnapshot::metadata));
    votes = opened(storage.votes());
    opened(storage.wal());
    StoreFile storeFile = opened(storage.storeFile());
    Backend backend = storeFile.backend();
    MvccStore store = storage.store();
    received.ifPresent(snapshot -> putAside(snapshots, snapshot, backend.appliedIndex()));
    lessor =
        new Lessor(
            backend.bucket(Applier.LEASE_BUCKET),
            LessorOptions.forElectionTimeout(config.electionTimeoutMillis()));
    PendingRequests pending =
        new PendingRequests(
            new CommandCodec(),
            identity.memberId(),
            environment.wallMillis(),
            REQUESTS_PENDING_MAX);
    Applier applier =
        new Applier(
            backend,
            store,
            lessor,
            new CommandCodec(),
            pending,
            environment.clock()::nanoTime,
            storeFile);
    hub = watchHub(config, environment, store);
    applier.addListener(deliveringTo(hub));
    Restored restored = storage.restored();
    Membership known = applier.members().membership();
    if (Beginning.isBlank(restored)) {
      Beginning first =
          beginning instanceof Beginning.Restart
              ? Beginning.again(identity, config, environment, restored)
              : beginning;
      restored = first.begin(storage.wal(), restored);
      known = first instanceof Beginning.Joiner joiner ? joiner.known() : known;
    }
    refuseWithoutMembership(restored, known, directory);
    if (config.forceNewCluster()) {
      restored = ForcedCluster.force(storage.wal(), restored, identity, known, config);
    } else if (known.isRemoved(identity.memberId())) {
      throw new MemberRemovedException(identity.memberId(), config.dataDirectory().toString());
    }
    TimeoutCauses causes =
        new TimeoutCauses(
            () -> context().node().status(), this::connectedSince, config.electionTimeoutMillis());
    LeaderDuties duties =
        new LeaderDuties(
            applier,
            lessor,
            environment.clock(),
            config.electionTimeoutMillis(),
            command -> commandPath().propose(command),
            causes::leaderChanged,
            entry -> follower().expect(entry));
    LocalLeases localLeases = new LocalLeases(this::context, lessor);
    peers = opened(peers(config, identity, environment, snapshots, localLeases));
    NodePorts ports =
        new NodePorts(
            new PromiseLog(
                environment.log(new MeasuredLog(storage.wal(), config.walSyncNanos())), votes),
            new MeasuredState(
                applier, config.backendCommitNanos(), what -> corruption().found(what)),
            peers,
            environment.clock(),
            environment.fatalHandler(),
            duties,
            environment.runners());
    SplittableRandom random = new SplittableRandom(environment.random().nextLong());
    RaftNode node =
        new RaftNode(
            Settings.nodeOptions(environment.nodeOptions(), config, space),
            ports,
            new RaftCore(Settings.raftConfig(config, identity, random), restored),
            "holdfast-" + config.name(),
            random.nextLong());
    duties.attach(node, space::isShort);
    context = new MemberContext(config, identity, environment, node, applier);
    commands = new CommandPath(context, pending, causes, space);
    ScheduledExecutorService timer = ended(environment.timer(config.name() + "-timer"));
    ExecutorService workers =
        ended(environment.workers(config.name() + "-worker", WORKERS, WORK_PENDING_MAX));
    corruption =
        new Corruption(
            identity.memberId(),
            applier::alarms,
            node::status,
            commands::propose,
            why -> directory.condemnStore(environment.disk(), why),
            node::fail);
    if (storage.rebuilt()) {
      corruption.repaired();
    }
    ReadPath reads = new ReadPath(context, workers, corruption);
    keyValues = new KeyValueUseCases(context, commands, reads, corruption);
    leases =
        new LeaseUseCases(
            context,
            commands,
            reads,
            lessor,
            new LeaderCalls<>(context, localLeases, peers::leaseAuthority, timer));
    memberships = new MembershipChanges(context, pending, peers, timer);
    cluster =
        new ClusterUseCases(
            context,
            reads,
            new LeaderCalls<>(context, memberships, peers::membershipAuthority, timer),
            timer);
    Backups backups = new Backups(context);
    maintenance = new MaintenanceUseCases(context, commands, reads, timer, workers, backups);
    watches = new Watches();
    integrity = new IntegrityDuties(context, commands, corruption, peers::integrity, workers);
    scrubber =
        new Scrubber(
            environment.disk(),
            directory.wal(),
            applier::backend,
            config.integrity(),
            corruption,
            timer,
            ended(environment.workers(config.name() + "-scrub", 1, 1)));
    peers.answerIntegrityWith(integrity::report);
    follower = new PeerFollower(context, peers, this::wasRemoved);
    follower.begin(known, restored);
    node.start();
    timer.scheduleWithFixedDelay(this::tick, TIMER_MILLIS, TIMER_MILLIS, TimeUnit.MILLISECONDS);
    AutoCompactor.start(context, commands, timer);
    AutoPromotion.start(context, memberships, timer);
    scheduledBackups =
        config
            .backupSchedule()
            .map(
                schedule ->
                    ScheduledBackups.start(
                        context, schedule, backups, timer, backupWorker(config)));
    scrubber.start();
    join(timer);
  }

  public KeyValueService keyValues() {
    return keyValues;
  }

  public LeaseService leases() {
    return leases;
  }

  public WatchService watches() {
    return watches;
  }

  public ClusterService cluster() {
    return cluster;
  }

  public MaintenanceService maintenance() {
    return maintenance;
  }

  /** The cluster's id; unsigned. */
  public long clusterId() {
    return context.identity().clusterId();
  }

  /** This member's id; unsigned. */
  public long memberId() {
    return context.identity().memberId();
  }

  /**
   * Completes once this member has a leader, has caught up with it, and has told the others its
   * name and client URLs.
   */
  public CompletionStage<Void> joined() {
    return joined.minimalCompletionStage();
  }

  /**
   * Completes when this member learns that it was removed from its cluster, with what to say about
   * it. Whoever runs the member closes it then: it can do nothing any more.
   */
  public CompletionStage<MemberRemovedException> removed() {
    return removed.minimalCompletionStage();
  }

  /** The ids of those whose votes count, as far as this member knows. */
  Set<Long> voterIds() {
    return context.node().status().confState().voters();
  }

  /** What health probes decide from. */
  public HealthFacts health() {
    RaftStatus raft = context.node().status();
    long idleNanos = context.nanoTime() - context.node().lastTurnNanos();
    return new HealthFacts(
        true,
        TimeUnit.NANOSECONDS.toMillis(Math.max(0, idleNanos)),
        raft.leaderId(),
        joined.isDone()
            && !joined.isCompletedExceptionally()
            && raft.commitIndex() - raft.appliedIndex() <= LAG_MAX,
        context.applier().members().membership().isJoining(memberId()),
        context.node().hasFailed());
  }

  /** Of its own, so that a long backup keeps no reader waiting. */
  private ExecutorService backupWorker(MemberConfig config) {
    return ended(context.environment().workers(config.name() + "-backup", 1, 1));
  }

  /** What became of the scheduled backups; empty when none are scheduled. */
  public Optional<BackupCounters> backups() {
    return scheduledBackups.map(ScheduledBackups::counters);
  }

  /** The figures for metrics. */
  public MemberCounters counters() {
    RaftStatus raft = context.node().status();
    MvccStore store = context.store();
    Backend backend = context.applier().backend();
    return new MemberCounters(
        raft.hasLeader(),
        raft.isLeader(),
        context.node().counters().leaderChangesTotal(),
        raft.commitIndex(),
        context.applier().appliedIndex(),
        raft.commitIndex(),
        context.applier().appliedIndex(),
        commands.pendingCount(),
        commands.failedTotal(),
        context.node().readsPending(),
        context.node().counters().snapshotsSentTotal(),
        context.node().counters().snapshotsInstalledTotal(),
        backend.sizeBytes(),
        backend.sizeInUseBytes(),
        context.config().shownQuotaBytes(),
        store.currentRevision(),
        store.compactRevision(),
        store.keyCount(),
        hub.watcherCount(),
        hub.slowWatcherCount(),
        hub.streamCount(),
        lessor.leases().size(),
        commands.space().diskFreeBytes(),
        context.applier().alarms().all(),
        new IntegrityCounters(
            corruption.foundTotal(),
            integrity.comparison().roundsTotal(),
            integrity.comparison().incompleteRoundsTotal(),
            integrity.comparison().mismatchesTotal(),
            scrubber.bytesTotal(),
            scrubber.passesTotal(),
            scrubber.progress(),
            raft.repairing()));
  }

  /**
   * Hands the leadership over if there is somebody to take it, refuses what waits, makes everything
   * durable and closes the files. May be called more than once.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    joined.completeExceptionally(EtcdError.SERVER_STOPPED.asException());
    boolean interrupted = false;
    try {
      context.node().stop(heir(), TRANSFER_MILLIS_MAX);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    commands.stop();
    closeAll(resources);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Who is to lead next: of the other voters the one that is most likely in step. */
  private Optional<Long> heir() {
    Set<Long> others = new TreeSet<>(context.node().status().confState().voters());
    others.remove(memberId());
    return peers.longestConnected(others);
  }

  private boolean connectedSince(long peerId, long sinceNanos) {
    return peers.connectedSince(peerId, sinceNanos);
  }

  private Corruption corruption() {
    return corruption;
  }

  private PeerFollower follower() {
    return follower;
  }

  private CommandPath commandPath() {
    return commands;
  }

  MemberContext context() {
    return context;
  }

  private void tick() {
    try {
      long now = context.nanoTime();
      commands.expire(now);
      endRepair();
      corruption.tick(now);
      integrity.tick(now);
      commands.space().tick(now);
      hub.tick(now);
    } catch (RuntimeException | Error e) {
      context.node().fail(e);
    }
  }

  /** The core has taken the log back from the others: takes note, so that the next start knows. */
  private void endRepair() {
    if (votes.promise().repairing() && !context.node().status().repairing()) {
      votes.repaired();
      corruption.repaired();
      LOGGER.log(
          System.Logger.Level.INFO, "this member is repaired: its log is whole again, it votes");
    }
  }

  /** Waits for a leader and its confirmation, then publishes what the others cannot know. */
  private void join(ScheduledExecutorService timer) {
    context
        .node()
        .readIndex()
        .thenCompose(index -> publishAttributes())
        .thenCompose(done -> integrity.compareSelf())
        .whenComplete(
            (done, failure) -> {
              if (failure == null) {
                joined.complete(null);
              } else if (!timer.isShutdown()) {
                timer.schedule(() -> join(timer), TIMER_MILLIS, TimeUnit.MILLISECONDS);
              }
            });
  }

  private CompletionStage<?> publishAttributes() {
    MemberConfig config = context.config();
    Optional<MemberRecord> known = context.applier().members().membership().find(memberId());
    boolean published =
        known
            .map(
                self ->
                    self.name().equals(config.name())
                        && self.clientUrls().equals(config.advertiseClientUrls()))
            .orElse(false);
    return published
        ? CompletableFuture.completedStage(null)
        : commands.propose(
            new Command.MemberAttributes(memberId(), config.name(), config.advertiseClientUrls()));
  }

  private Peers peers(
      MemberConfig config,
      MemberIdentity identity,
      MemberEnvironment environment,
      SnapshotFiles snapshots,
      LeaseAuthority localLeases) {
    return environment.peers(
        PeerTransportConfig.plaintext(
            identity.clusterId(),
            identity.memberId(),
            ConfigRules.peerAddresses(config),
            config.initialAdvertisePeerUrls()),
        snapshots,
        new Questioned(localLeases));
  }

  /** A directory of a version that kept the membership in its flags alone. */
  private static void refuseWithoutMembership(
      Restored restored, Membership known, DataDirectory directory) {
    boolean begun = restored.appliedIndex() > 0 || !restored.entries().isEmpty();
    boolean foundedInLog =
        !restored.entries().isEmpty()
            && restored.entries().get(0).type() == EntryType.CONFIG_CHANGE;
    if (begun && known.isEmpty() && !foundedInLog) {
      throw new StartupException(
          "the data of "
              + directory.store()
              + " names no members: it was written by a version before this format; start with"
              + " an empty --data-dir");
    }
  }

  private void wasRemoved() {
    removed.complete(
        new MemberRemovedException(memberId(), context.config().dataDirectory().toString()));
  }

  private static SnapshotFiles snapshots(
      Disk disk, DataDirectory directory, MemberIdentity identity) {
    try {
      SnapshotFiles files = SnapshotFiles.open(disk, directory.snap(), identity.clusterId());
      files.removeLeftovers();
      return files;
    } catch (IOException e) {
      throw new StartupException("cannot use " + directory.snap() + " (" + e + ")", e);
    }
  }

  private static Optional<ReceivedSnapshot> newest(SnapshotFiles snapshots) {
    try {
      return snapshots.newest();
    } catch (SnapshotDamagedException e) {
      return setAside(snapshots, e);
    } catch (IOException e) {
      LOGGER.log(
          System.Logger.Level.WARNING,
          "a received snapshot cannot be used and is left alone: " + e.getMessage());
      return Optional.empty();
    }
  }

  /** What was received and is damaged is sent again if it is still needed. */
  private static Optional<ReceivedSnapshot> setAside(
      SnapshotFiles snapshots, SnapshotDamagedException damage) {
    try {
      String name = snapshots.setNewestAside().orElse("nothing");
      LOGGER.log(
          System.Logger.Level.WARNING,
          "a received snapshot is damaged and set aside as " + name + ": " + damage.getMessage());
      return Optional.empty();
    } catch (IOException e) {
      throw new StartupException("cannot set a damaged snapshot aside (" + e + ")", e);
    }
  }

  /** A snapshot that was received and not installed is where the next transfer goes on. */
  private static void putAside(
      SnapshotFiles snapshots, ReceivedSnapshot received, long appliedIndex) {
    try {
      if (received.metadata().index() > appliedIndex) {
        snapshots.demote(received);
      } else {
        received.delete();
      }
    } catch (IOException e) {
      throw new StartupException("cannot put a received snapshot aside (" + e + ")", e);
    }
  }

  private WatchHub watchHub(MemberConfig config, MemberEnvironment environment, MvccStore store) {
    ExecutorService catchUp =
        ended(environment.workers(config.name() + "-watch", 1, Integer.MAX_VALUE));
    return new WatchHub(
        store, catchUp, Settings.watchOptions(config), failure -> context().node().fail(failure));
  }

  private static AppliedListener deliveringTo(WatchHub hub) {
    return new AppliedListener() {
      @Override
      public void batchApplied(long revision) {
        hub.batchApplied();
      }

      @Override
      public void compacting() {
        hub.handOutGathered();
      }

      @Override
      public void stateReplaced(MvccStore store) {
        hub.storeReplaced(store);
      }
    };
  }

  /** Without interrupting: an interrupt would close the store's file under its reader. */
  private static void finish(ExecutorService executor) throws InterruptedException {
    executor.shutdown();
    if (!executor.awaitTermination(SHUTDOWN_SECONDS_MAX, TimeUnit.SECONDS)) {
      LOGGER.log(System.Logger.Level.WARNING, "a background task did not end in time");
    }
  }

  private <T extends ExecutorService> T ended(T executor) {
    opened(() -> finish(executor));
    return executor;
  }

  private <T extends AutoCloseable> T opened(T resource) {
    resources.push(resource);
    return resource;
  }

  private static void closeAll(Deque<AutoCloseable> resources) {
    while (!resources.isEmpty()) {
      AutoCloseable resource = resources.pop();
      try {
        resource.close();
      } catch (Exception e) {
        LOGGER.log(System.Logger.Level.WARNING, "closing " + resource + " failed", e);
      }
    }
  }

  /** What peers ask of this member. */
  private final class Questioned implements LocalMember {
    private final LeaseAuthority localLeases;

    Questioned(LeaseAuthority localLeases) {
      this.localLeases = localLeases;
    }

    @Override
    public LeaseAuthority leases() {
      return localLeases;
    }

    @Override
    public MembershipAuthority memberships() {
      return memberships;
    }

    @Override
    public Membership membership() {
      return context.applier().members().membership();
    }

    @Override
    public void removed(long toldByMemberId) {
      LOGGER.log(
          System.Logger.Level.WARNING,
          "member " + Long.toHexString(toldByMemberId) + " says that this member was removed");
      wasRemoved();
    }
  }

  /** Watches, with the member's headers. */
  private final class Watches implements WatchService {
    @Override
    public WatchStream open(WatchSink sink) {
      return hub.open(sink);
    }

    @Override
    public ResponseHeader header(long revision) {
      return context.header(revision);
    }
  }
}
