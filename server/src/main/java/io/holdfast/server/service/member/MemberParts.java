package io.holdfast.server.service.member;

import io.holdfast.server.apply.AppliedListener;
import io.holdfast.server.apply.Applier;
import io.holdfast.server.apply.Membership;
import io.holdfast.server.apply.PendingRequests;
import io.holdfast.server.apply.codec.CommandCodec;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.auth.TokenBook;
import io.holdfast.server.error.MemberRemovedException;
import io.holdfast.server.lease.Lessor;
import io.holdfast.server.lease.LessorOptions;
import io.holdfast.server.mvcc.MvccStore;
import io.holdfast.server.node.NodePorts;
import io.holdfast.server.node.RaftNode;
import io.holdfast.server.raft.RaftCore;
import io.holdfast.server.service.AuthService;
import io.holdfast.server.service.ClusterService;
import io.holdfast.server.service.ElectionService;
import io.holdfast.server.service.KeyValueService;
import io.holdfast.server.service.LeaseService;
import io.holdfast.server.service.LockService;
import io.holdfast.server.service.ResponseHeader;
import io.holdfast.server.service.WatchService;
import io.holdfast.server.service.recipe.Elections;
import io.holdfast.server.service.recipe.Locks;
import io.holdfast.server.service.recipe.RecipeTools;
import io.holdfast.server.token.SignedTokens;
import io.holdfast.server.transport.LeaseAuthority;
import io.holdfast.server.transport.LocalMember;
import io.holdfast.server.transport.MembershipAuthority;
import io.holdfast.server.transport.PeerTransportConfig;
import io.holdfast.server.transport.Peers;
import io.holdfast.server.wal.VoteFile;
import io.holdfast.server.watch.WatchHub;
import io.holdfast.server.watch.WatchSink;
import io.holdfast.server.watch.WatchStream;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;

/**
 * The parts of one member and how they hang together, without any framework. Made, nothing of it
 * runs by itself yet; {@link Member} sets it going.
 *
 * <p>Some parts need others that are made after them; they get a way to ask for those, which they
 * use only once the member runs.
 */
final class MemberParts {
  private static final System.Logger LOGGER = System.getLogger(MemberParts.class.getName());
  private static final int REQUESTS_PENDING_MAX = 50_000;
  private static final int PASSWORDS_PENDING_MAX = 64;
  private static final int WORKERS = 2;
  private static final int WORK_PENDING_MAX = 4096;

  final MemberContext context;
  final StartingPoint start;
  final VoteFile votes;
  final ScheduledExecutorService timer;
  final Peers peers;
  final PeerFollower follower;
  final Corruption corruption;
  final IntegrityDuties integrity;
  final Scrubber scrubber;
  final WatchHub hub;
  final Lessor lessor;
  final CommandPath commands;
  final KeyValueService keyValues;
  final LeaseService leases;
  final MembershipChanges memberships;
  final ClusterService cluster;
  final Backups backups;
  final MaintenanceUseCases maintenance;
  final WatchService watches;
  final AuthService auth;
  final LockService locks;
  final ElectionService elections;

  /** Completes when the member learns that it was removed. */
  final CompletableFuture<MemberRemovedException> removed = new CompletableFuture<>();

  /**
   * Opens the files and puts the parts together.
   *
   * @param resources where what is open is noted, for the caller to close, also after a failure
   */
  MemberParts(
      MemberConfig config,
      Beginning beginning,
      MemberEnvironment environment,
      Resources resources) {
    MemberIdentity identity = beginning.identity();
    Optional<SignedTokens> signedTokens = config.auth().signedTokens().map(SignedTokens::open);
    MemberFiles files = MemberFiles.open(config, identity, environment, resources);
    StorageOpening.Opened storage = files.storage();
    votes = storage.votes();
    lessor =
        new Lessor(
            storage.storeFile().backend().bucket(Applier.LEASE_BUCKET),
            LessorOptions.forElectionTimeout(config.electionTimeoutMillis()));
    PendingRequests pending =
        new PendingRequests(
            new CommandCodec(),
            identity.memberId(),
            environment.wallMillis(),
            REQUESTS_PENDING_MAX);
    TokenBook tokens = new TokenBook(config.auth().tokenTtlSeconds());
    Applier applier =
        new Applier(
            storage.storeFile().backend(),
            storage.store(),
            lessor,
            tokens,
            new CommandCodec(),
            pending,
            environment.clock()::nanoTime,
            storage.storeFile());
    hub =
        new WatchHub(
            storage.store(),
            resources.ended(environment.workers(config.name() + "-watch", 1, Integer.MAX_VALUE)),
            Settings.watchOptions(config),
            failure -> context().node().fail(failure));
    applier.addListener(deliveringTo(hub));
    applier.observe(new MeasuredWork(config.timings()));
    start = StartingPoint.of(beginning, files, applier.members().membership(), config, environment);
    TimeoutCauses causes =
        new TimeoutCauses(
            () -> context().node().status(), this::connectedSince, config.electionTimeoutMillis());
    LeaderDuties duties =
        new LeaderDuties(
            applier,
            lessor,
            environment.clock(),
            config.electionTimeoutMillis(),
            (command, wanted) -> commandPath().propose(command, wanted),
            causes::leaderChanged,
            entry -> follower().expect(entry));
    LocalLeases localLeases = new LocalLeases(this::context, lessor);
    peers =
        resources.opened(
            environment.peers(
                PeerTransportConfig.plaintext(
                    identity.clusterId(),
                    identity.memberId(),
                    ConfigRules.peerAddresses(config),
                    config.initialAdvertisePeerUrls()),
                files.snapshots(),
                new Questioned(localLeases)));
    NodePorts ports =
        new NodePorts(
            new PromiseLog(
                environment.log(new MeasuredLog(storage.wal(), config.timings()::walSync)), votes),
            new MeasuredState(
                applier, config.timings()::backendCommit, what -> corruption().found(what)),
            peers,
            environment.clock(),
            environment.fatalHandler(),
            duties,
            environment.runners());
    RaftNode node = node(config, identity, environment, files.space(), ports);
    duties.attach(node::execute, node::makeRecoveryPoint, files.space()::isShort);
    context = new MemberContext(config, identity, environment, start.known(), node, applier);
    commands = new CommandPath(context, pending, causes, files.space());
    timer = resources.ended(environment.timer(config.name() + "-timer"));
    ExecutorService workers =
        resources.ended(environment.workers(config.name() + "-worker", WORKERS, WORK_PENDING_MAX));
    corruption = corruption(files.directory());
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
    backups = new Backups(context);
    maintenance = new MaintenanceUseCases(context, commands, reads, timer, workers, backups);
    watches = new Watches();
    RecipeTools tools =
        new RecipeTools(
            keyValues,
            leases,
            watches,
            resources.ended(environment.workers(config.name() + "-recipe", 1, Integer.MAX_VALUE)),
            timer);
    auth =
        new AuthUseCases(
            context,
            commands,
            reads,
            signedTokens
                .<Tokens>map(signed -> new CheckableTokens(context, signed))
                .orElseGet(() -> new SimpleTokens(context, commands, tokens)),
            new PasswordHasher(
                config.auth().bcryptCost(),
                environment.random(),
                resources.ended(
                    environment.workers(config.name() + "-passwords", 1, PASSWORDS_PENDING_MAX))));
    locks = new Locks(tools);
    elections = new Elections(tools);
    integrity = new IntegrityDuties(context, commands, corruption, peers::integrity, workers);
    peers.answerIntegrityWith(integrity::report);
    scrubber =
        new Scrubber(
            environment.disk(),
            files.directory().wal(),
            applier::backend,
            config.integrity(),
            corruption,
            timer,
            resources.ended(environment.workers(config.name() + "-scrub", 1, 1)));
    follower = new PeerFollower(context, peers, this::wasRemoved);
  }

  private RaftNode node(
      MemberConfig config,
      MemberIdentity identity,
      MemberEnvironment environment,
      DiskSpace space,
      NodePorts ports) {
    SplittableRandom random = new SplittableRandom(environment.random().nextLong());
    return new RaftNode(
        Settings.nodeOptions(environment.nodeOptions(), config, space),
        ports,
        new RaftCore(Settings.raftConfig(config, identity, random), start.restored()),
        "holdfast-" + config.name(),
        random.nextLong());
  }

  private Corruption corruption(DataDirectory directory) {
    return new Corruption(
        context.identity().memberId(),
        context.applier()::alarms,
        context.node()::status,
        commands::propose,
        why -> directory.condemnStore(context.environment().disk(), why),
        context.node()::fail);
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

  private void wasRemoved() {
    removed.complete(
        new MemberRemovedException(
            context.identity().memberId(), context.config().dataDirectory().toString()));
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

  private MemberContext context() {
    return context;
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
      return open(() -> Caller.ANONYMOUS, sink);
    }

    @Override
    public WatchStream open(Supplier<Caller> caller, WatchSink sink) {
      return new GuardedWatchStream(hub.open(sink), caller, context.applier()::auth);
    }

    @Override
    public ResponseHeader header(long revision) {
      return context.header(revision);
    }
  }
}
