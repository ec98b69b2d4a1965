package io.holdfast.server.service.member;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.MemberRemovedException;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.raft.RaftStatus;
import io.holdfast.server.service.AuthService;
import io.holdfast.server.service.BackupCounters;
import io.holdfast.server.service.ClusterService;
import io.holdfast.server.service.ElectionService;
import io.holdfast.server.service.HealthFacts;
import io.holdfast.server.service.KeyValueService;
import io.holdfast.server.service.LeaseService;
import io.holdfast.server.service.LockService;
import io.holdfast.server.service.MaintenanceService;
import io.holdfast.server.service.MemberCounters;
import io.holdfast.server.service.WatchService;
import io.holdfast.server.transport.PeerSecurity;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
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
  private static final long DRAIN_MILLIS_MAX = 300;

  /**
   * For commands of followers that hear of the next leader a little later; they get them back. On a
   * busy machine they may hear it a tenth of a second later.
   */
  private static final long LATECOMERS_MILLIS = 200;

  private static final long TIMER_MILLIS = 100;

  /** Committed but not applied entries with which a member still counts as caught up. */
  private static final long LAG_MAX = 5000;

  private final MemberParts parts;
  private final MemberContext context;
  private final Resources resources;
  private final Enrolment enrolment;
  private final Optional<ScheduledBackups> scheduledBackups;
  private volatile boolean closed;

  /**
   * Starts a member that ends the process when it has to end itself.
   *
   * @throws StartupException when it cannot start with this configuration, with what to do about it
   */
  public static Member start(MemberConfig config) {
    return start(config, PeerSecurity.plaintext());
  }

  /** The same with protected connections to other members. */
  public static Member start(MemberConfig config, PeerSecurity security) {
    return start(config, new MachineEnvironment(security));
  }

  /** The same somewhere else than on this machine, as far as the member can tell. */
  public static Member start(MemberConfig config, MemberEnvironment environment) {
    ConfigRules.check(config);
    Beginning beginning = Beginning.of(config, environment);
    if (config.forceNewCluster()) {
      ForcedCluster.check(beginning, config);
    }
    Resources resources = new Resources();
    try {
      return new Member(new MemberParts(config, beginning, environment, resources), resources);
    } catch (RuntimeException | Error e) {
      resources.close();
      throw e;
    }
  }

  /** Sets the parts going. */
  private Member(MemberParts parts, Resources resources) {
    this.parts = parts;
    this.resources = resources;
    context = parts.context;
    ScheduledExecutorService timer = parts.timer;
    parts.follower.begin(parts.start.known(), parts.start.restored());
    context.node().start();
    timer.scheduleWithFixedDelay(this::tick, TIMER_MILLIS, TIMER_MILLIS, TimeUnit.MILLISECONDS);
    AutoCompactor.start(context, parts.commands, timer);
    AutoPromotion.start(context, parts.memberships, timer);
    scheduledBackups =
        context
            .config()
            .backupSchedule()
            .map(
                schedule ->
                    ScheduledBackups.start(
                        context, schedule, parts.backups, timer, backupWorker()));
    parts.scrubber.start();
    enrolment = new Enrolment(context, parts.commands, parts.integrity, timer);
    enrolment.begin();
  }

  public KeyValueService keyValues() {
    return parts.keyValues;
  }

  public LeaseService leases() {
    return parts.leases;
  }

  public WatchService watches() {
    return parts.watches;
  }

  public AuthService auth() {
    return parts.auth;
  }

  public LockService locks() {
    return parts.locks;
  }

  public ElectionService elections() {
    return parts.elections;
  }

  public ClusterService cluster() {
    return parts.cluster;
  }

  public MaintenanceService maintenance() {
    return parts.maintenance;
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
    return enrolment.joined().minimalCompletionStage();
  }

  /**
   * Completes when this member learns that it was removed from its cluster, with what to say about
   * it. Whoever runs the member closes it then: it can do nothing any more.
   */
  public CompletionStage<MemberRemovedException> removed() {
    return parts.removed.minimalCompletionStage();
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
        enrolment.isComplete() && raft.commitIndex() - raft.appliedIndex() <= LAG_MAX,
        context.applier().members().membership().isJoining(memberId()),
        context.node().hasFailed());
  }

  /** Of its own, so that a long backup keeps no reader waiting. */
  private ExecutorService backupWorker() {
    return resources.ended(
        context.environment().workers(context.config().name() + "-backup", 1, 1));
  }

  /** What became of the scheduled backups; empty when none are scheduled. */
  public Optional<BackupCounters> backups() {
    return scheduledBackups.map(ScheduledBackups::counters);
  }

  /** The figures for metrics. */
  public MemberCounters counters() {
    return MemberFigures.of(parts);
  }

  /**
   * Hands the leadership over if there is somebody to take it, refuses new commands, answers those
   * under way, makes everything durable and closes the files. May be called more than once.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    enrolment.joined().completeExceptionally(EtcdError.SERVER_STOPPED.asException());
    boolean interrupted = false;
    try {
      if (context.node().handOver(heir(), TRANSFER_MILLIS_MAX)) {
        context.environment().pause(LATECOMERS_MILLIS);
      }
      parts.commands.drain(DRAIN_MILLIS_MAX);
      context.node().stop();
    } catch (InterruptedException e) {
      interrupted = true;
    }
    parts.commands.stop();
    resources.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Who is to lead next: of the other voters the one that is most likely in step. */
  private Optional<Long> heir() {
    Set<Long> others = new TreeSet<>(context.node().status().confState().voters());
    others.remove(memberId());
    return parts.peers.longestConnected(others);
  }

  MemberContext context() {
    return context;
  }

  private void tick() {
    try {
      long now = context.nanoTime();
      parts.commands.expire(now);
      endRepair();
      parts.corruption.tick(now);
      parts.integrity.tick(now);
      parts.commands.space().tick(now);
      parts.hub.tick(now);
    } catch (RuntimeException | Error e) {
      context.node().fail(e);
    }
  }

  /** The core has taken the log back from the others: takes note, so that the next start knows. */
  private void endRepair() {
    if (parts.votes.promise().repairing() && !context.node().status().repairing()) {
      parts.votes.repaired();
      parts.corruption.repaired();
      LOGGER.log(
          System.Logger.Level.INFO, "this member is repaired: its log is whole again, it votes");
    }
  }
}
