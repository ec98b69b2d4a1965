package io.holdfast.server.node;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.Input;
import io.holdfast.server.raft.Outgoing;
import io.holdfast.server.raft.PeerProgress;
import io.holdfast.server.raft.RaftCore;
import io.holdfast.server.raft.RaftStatus;
import io.holdfast.server.raft.ReadState;
import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.Rejection;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfChange;
import io.holdfast.server.raft.message.AppendEntries;
import io.holdfast.server.raft.message.AppendEntriesResponse;
import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What happens in a turn of the {@link Loop}: the core is stepped with what has come in, and what
 * its {@link Ready} asks for is done in the order that the core's contract demands.
 *
 * <p>Messages are stepped one by one; all proposals of a turn become one step, and so one write and
 * one sync; all reads become one question. Nothing is acknowledged before it is durable: promises
 * to peers leave only after the sync (see {@link Persistence}), and clients are answered by the
 * state machine, which sees only entries that are durable here.
 */
final class CoreDriver implements Loop.Work {
  private static final int TICKS_AT_ONCE = 2;

  /** More than any randomised election timeout of sensible settings, in ticks. */
  private static final int LONE_TICKS_MAX = 10_000;

  private final NodeOptions options;
  private final NodePorts ports;
  private final RaftCore core;
  private final ProposalQueue proposals;
  private final ReadQueue reads;
  private final Intake intake;
  private final NodeCounters counters;
  private final ArrayDeque<Input> followUps = new ArrayDeque<>();
  private final ConfChanges confChanges = new ConfChanges();
  private final SnapshotArrivals snapshots;
  private final AdaptivePersistence persistence;
  private final RecoveryPoints recoveryPoints;
  private final PeerDistances distances;
  private final CountDownLatch leadershipGone = new CountDownLatch(1);
  private final Loop loop;

  private volatile RaftStatus status;
  private volatile boolean readsLocally;
  private volatile boolean transferring;
  private long nextTickNanos;

  /** While this member leads: the index from which on its own term's entries are applied. */
  private long firstIndexOfLeadership = Long.MAX_VALUE;

  CoreDriver(
      NodeOptions options,
      NodePorts ports,
      RaftCore core,
      String name,
      Intake intake,
      NodeCounters counters) {
    this.options = options;
    this.ports = ports;
    this.core = core;
    this.intake = intake;
    this.counters = counters;
    proposals = intake.proposals;
    reads = intake.reads;
    status = core.status();
    distances = new PeerDistances(options.nearNanos());
    snapshots = new SnapshotArrivals(ports.stateMachine());
    persistence =
        new AdaptivePersistence(
            ports,
            options.quickSyncNanos(),
            followUps::addLast,
            this::stepLater,
            this::fail,
            name + "-log",
            status);
    recoveryPoints =
        new RecoveryPoints(
            options,
            ports.stateMachine(),
            ports.runners().oneByOne(name + "-sync"),
            this::fail,
            (point, before) -> putTask(() -> pointReached(point, before)));
    loop = new Loop(this, ports, options.callersMayRun(), name);
  }

  /** Starts writing and the loop. */
  void start() {
    persistence.start();
    loop.start();
  }

  /** Where mail for the driver is put. */
  Loop loop() {
    return loop;
  }

  /** The state after the last turn; any thread. */
  RaftStatus status() {
    return status;
  }

  /** See {@link RaftNode#readsLocally}; any thread. */
  boolean readsLocally() {
    return readsLocally;
  }

  /** What this member, as the leader, knows of the others. */
  List<PeerProgress> progress() {
    return core.progress();
  }

  SnapshotArrivals snapshots() {
    return snapshots;
  }

  RecoveryPoints recoveryPoints() {
    return recoveryPoints;
  }

  /** Gives the leadership away, if it is held, and waits until it is gone; any thread. */
  boolean handOver(long heirId, long millisMax) throws InterruptedException {
    if (!status.isLeader() || loop.hasFailed()) {
      return false;
    }
    transferring = true;
    stepLater(new Input.TransferLeader(heirId));
    return leadershipGone.await(millisMax, TimeUnit.MILLISECONDS);
  }

  void stepLater(Input input) {
    loop.put(new Mail.Step(input));
  }

  void putTask(Runnable task) {
    loop.put(new Mail.Run(task));
  }

  private void fail(Throwable cause) {
    loop.fail(cause);
  }

  @Override
  public void begin() {
    standForElectionIfAlone();
    nextTickNanos = ports.clock().nanoTime() + options.tickNanos();
  }

  /**
   * A member that votes alone need not wait for an election timeout: time only serves to let
   * another leader be heard, and there is none.
   */
  private void standForElectionIfAlone() {
    for (int i = 0;
        i < LONE_TICKS_MAX && AdaptivePersistence.votesAlone(status) && !status.isLeader();
        i++) {
      step(Input.Tick.INSTANCE);
    }
  }

  @Override
  public void deliver(Mail mail) {
    if (mail instanceof Mail.Propose propose) {
      proposals.add(propose.proposal());
    } else if (mail instanceof Mail.Read read) {
      reads.add(read.index());
    } else if (mail instanceof Mail.Arrived arrived) {
      intake.messageTaken();
      receive(arrived.message());
    } else if (mail instanceof Mail.Step step) {
      step(step.input());
    } else if (mail instanceof Mail.Change change) {
      changeConfig(change);
    } else if (mail instanceof Mail.Run run) {
      run.task().run();
    } else if (mail instanceof Mail.SnapshotArrived arrived) {
      snapshots.takeInHand(arrived);
      step(new Input.Receive(arrived.message()));
      snapshots.settle(arrived);
    }
  }

  private void receive(Message message) {
    if (message instanceof AppendEntriesResponse response && status.isLeader()) {
      distances.answered(response, ports.clock().nanoTime()).ifPresent(followUps::addLast);
    }
    step(new Input.Receive(message));
  }

  private void changeConfig(Mail.Change change) {
    ConfChange wanted;
    try {
      wanted = change.request().decide(status, core.progress());
    } catch (RuntimeException refusal) {
      change.done().completeExceptionally(refusal);
      return;
    }
    Ready ready = core.step(new Input.ChangeConfig(wanted));
    confChanges.asked(ready, change.done());
    handle(ready);
    stepFollowUps();
  }

  @Override
  public void gathered() {
    while (!proposals.isEmpty()
        && status.hasLeader()
        && status.transferTarget() == 0
        && !(status.isLeader() && persistence.isBusy())) {
      List<Proposal> batch = proposals.takeBatch();
      if (batch.isEmpty()) {
        return;
      }
      List<byte[]> commands = new ArrayList<>(batch.size());
      for (int i = 0; i < batch.size(); i++) {
        commands.add(batch.get(i).command());
      }
      Optional<Rejection.Reason> rejection = stepProposal(new Input.Propose(commands));
      if (rejection.isEmpty()) {
        proposals.accepted(batch);
      } else if (rejection.get() == Rejection.Reason.TOO_MANY_UNCOMMITTED_BYTES) {
        counters.proposalsRefused.add(batch.size());
        batch.forEach(proposal -> proposals.refuse(proposal, EtcdError.TOO_MANY_REQUESTS));
      } else {
        proposals.putBack(batch);
        return;
      }
    }
  }

  private Optional<Rejection.Reason> stepProposal(Input.Propose input) {
    Ready ready = core.step(input);
    Optional<Rejection.Reason> reason = Optional.empty();
    for (Rejection rejection : ready.rejections()) {
      if (rejection instanceof Rejection.OfProposal) {
        reason = Optional.of(rejection.reason());
      }
    }
    handle(ready);
    stepFollowUps();
    return reason;
  }

  @Override
  public void askForReads(long now) {
    if (status.hasLeader() && reads.wantsToAsk(now)) {
      step(new Input.ReadIndex(reads.ask(now)));
    }
  }

  @Override
  public void keepTime(long now, boolean idle) {
    tick(now);
    recoveryPoints.turn(now, idle);
  }

  @Override
  public long nanosUntilDue(long now) {
    return Math.min(nextTickNanos - now, recoveryPoints.nanosUntilCommit(now));
  }

  private void tick(long now) {
    if (now < nextTickNanos) {
      return;
    }
    long due = 1 + (now - nextTickNanos) / options.tickNanos();
    if (due > 1 && status.isLeader()) {
      counters.heartbeatsLate.increment();
    }
    nextTickNanos =
        due > TICKS_AT_ONCE ? now + options.tickNanos() : nextTickNanos + due * options.tickNanos();
    for (long i = 0; i < Math.min(due, TICKS_AT_ONCE); i++) {
      step(Input.Tick.INSTANCE);
    }
    proposals.dropAbandoned();
    counters.readsFailed.add(reads.expire(now));
    ports.observer().ticked(now);
  }

  void step(Input input) {
    handle(core.step(input));
    stepFollowUps();
  }

  private void stepFollowUps() {
    Input next;
    while ((next = followUps.pollFirst()) != null) {
      handle(core.step(next));
    }
  }

  /** Does what the core asks for, in the order that {@link Ready} prescribes. */
  private void handle(Ready ready) {
    if (loop.hasFailed()) {
      throw new IllegalStateException("a turn after the end");
    }
    RaftStatus before = status;
    // Before anybody is answered: who sees an answer must not find an older status.
    status = ready.status();
    boolean membersChanged = status.confState() != before.confState();
    if (!status.isLeader() || membersChanged) {
      readsLocally = false;
    }
    tellOfMembershipChanges(ready.entries());
    sendAtOnce(ready.messages());
    if (membersChanged) {
      persistence.adapt(status);
    }
    if (ready.snapshotToInstall().isPresent()) {
      install(ready.snapshotToInstall().get(), ready);
    } else if (ready.syncRequired()
        || ready.hardState().isPresent()
        || ready.persisted().isPresent()
        || !ready.messages().isEmpty()) {
      persistence.write(ready);
    }
    apply(ready.committedEntries());
    List<ReadState> answers = ready.readStates();
    for (int i = 0; i < answers.size(); i++) {
      reads.answered(answers.get(i), ports.stateMachine().appliedIndex());
    }
    for (Rejection rejection : ready.rejections()) {
      if (rejection instanceof Rejection.OfRead read) {
        reads.rejected(read.requestId());
      }
    }
    noticeChanges(before, ready.status());
  }

  private void tellOfMembershipChanges(List<Entry> logged) {
    for (int i = 0; i < logged.size(); i++) {
      if (logged.get(i).type() == EntryType.CONFIG_CHANGE) {
        ports.observer().membershipChangeLogged(logged.get(i));
      }
    }
  }

  private void sendAtOnce(List<Outgoing> messages) {
    for (int i = 0; i < messages.size(); i++) {
      Outgoing outgoing = messages.get(i);
      if (!outgoing.afterPersist()) {
        if (outgoing.message() instanceof InstallSnapshot snapshot) {
          sendSnapshot(snapshot);
        } else {
          if (outgoing.message() instanceof AppendEntries append) {
            distances.sent(append, ports.clock().nanoTime());
          }
          ports.transport().send(outgoing.message());
        }
      }
    }
  }

  /** Sends the state as it is now, which is at least as new as what the core has in mind. */
  private void sendSnapshot(InstallSnapshot message) {
    StateMachine state = ports.stateMachine();
    SnapshotContent content = state.openSnapshot(state.confState());
    recoveryPoints.transferBegins(
        message.to(), content.metadata().index(), ports.clock().nanoTime());
    ports
        .transport()
        .sendSnapshot(
            new InstallSnapshot(message.from(), message.to(), message.term(), content.metadata()),
            content);
  }

  private void apply(List<Entry> committed) {
    if (committed.isEmpty()) {
      return;
    }
    ports.stateMachine().apply(committed);
    long appliedIndex = committed.get(committed.size() - 1).index();
    counters.entriesApplied.add(committed.size());
    recoveryPoints.applied(committed);
    reads.applied(appliedIndex);
    confChanges.applied(committed);
    followUps.addLast(new Input.Applied(appliedIndex));
  }

  private void noticeChanges(RaftStatus before, RaftStatus after) {
    if (after.isLeader() && (!before.isLeader() || before.term() != after.term())) {
      firstIndexOfLeadership = after.lastIndex();
      distances.forget();
    }
    readsLocally =
        after.isLeader()
            && AdaptivePersistence.votesAlone(after)
            && ports.stateMachine().appliedIndex() >= firstIndexOfLeadership;
    if (after.role() != before.role()
        || after.leaderId() != before.leaderId()
        || after.term() != before.term()
        || after.confState() != before.confState()) {
      if (after.leaderId() != before.leaderId() && after.hasLeader()) {
        counters.leaderChanges.increment();
      }
      if (transferring && !after.isLeader() && after.hasLeader()) {
        leadershipGone.countDown();
      }
      ports.observer().statusChanged(before, after);
    }
  }

  private void install(SnapshotMetadata metadata, Ready ready) {
    counters.snapshotsInstalling.increment();
    snapshots.install(metadata, ready, persistence);
    counters.snapshotsInstalling.decrement();
    recoveryPoints.installed(metadata);
    counters.snapshotsInstalled.increment();
    followUps.addLast(new Input.SnapshotInstalled(metadata));
    reads.applied(metadata.index());
    confChanges.installed(metadata.index());
  }

  private void pointReached(SnapshotMetadata point, Optional<SnapshotMetadata> before) {
    if (!recoveryPoints.recorded(point)) {
      return;
    }
    long keepFrom = recoveryPoints.keepFromIndex(point, ports.clock().nanoTime());
    step(new Input.SnapshotSaved(point, keepFrom));
    before.ifPresent(persistence::recoveryPoint);
  }

  @Override
  public void finish() {
    persistence.finish();
    recoveryPoints.finish();
  }

  @Override
  public void failed(Throwable cause) {
    readsLocally = false;
    ports.fatalHandler().fail(cause);
  }

  @Override
  public void end() {
    readsLocally = false;
    recoveryPoints.stopSyncing();
    proposals.refuseAll(EtcdError.SERVER_STOPPED);
    reads.refuseAll(EtcdError.SERVER_STOPPED);
    confChanges.end();
  }

  @Override
  public void refuse(Mail mail) {
    if (mail instanceof Mail.Propose propose) {
      proposals.refuse(propose.proposal(), EtcdError.SERVER_STOPPED);
    } else if (mail instanceof Mail.Read read) {
      reads.refuse(read.index(), EtcdError.SERVER_STOPPED);
    } else if (mail instanceof Mail.Change change) {
      change.done().completeExceptionally(EtcdError.SERVER_STOPPED.asException());
    } else if (mail instanceof Mail.SnapshotArrived arrived) {
      SnapshotArrivals.refuse(arrived);
    }
  }
}
