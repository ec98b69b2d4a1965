package io.holdfast.server.node;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.InvariantViolation;
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
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The loop around the Raft core: everything that happens to the member passes through its mailbox,
 * is stepped, and what the core asks for is done in the order the core's contract demands.
 *
 * <p>Turns never overlap. Most run on the loop's own thread, which also keeps the time. A network
 * thread that brings something while the loop is at rest runs the turn itself, because waking
 * another thread would take longer than the turn; see {@link #mayRunHere}. In this class and for
 * the ports, "on the loop" means within a turn.
 *
 * <p>A turn takes everything out of the mailbox at once. Messages are stepped one by one; all
 * waiting proposals become one step, and so one write and one sync; all waiting reads become one
 * question. Batches therefore grow by themselves with the load, and a lone request waits for
 * nobody.
 *
 * <p>Nothing is acknowledged before it is durable: promises to peers leave only after the sync (see
 * {@link Persistence}), and clients are answered by the state machine, which sees only entries that
 * are durable here. A storage failure, a broken invariant or any unexpected error ends everything
 * through the {@link FatalHandler}; after that no turn runs and nothing is acknowledged.
 *
 * <p>Ticks come from the injected clock. After a pause (a stopped process, a long collection) at
 * most {@value #TICKS_AT_ONCE} ticks are made up for, and messages that arrived meanwhile are
 * stepped first, so that a pause alone does not start an election.
 *
 * <p>Public methods may be called on any thread and do not block, except {@link #stop}.
 */
public final class RaftNode implements TransportListener {
  private static final int TICKS_AT_ONCE = 2;

  /** More than any randomised election timeout of sensible settings, in ticks. */
  private static final int LONE_TICKS_MAX = 10_000;

  /**
   * A caller may run a turn only when the loop has been at rest for so long. What comes more
   * densely shall gather instead, and share a step and a sync.
   */
  private static final long QUIET_NANOS = 40_000;

  private final NodeOptions options;
  private final NodePorts ports;
  private final RaftCore core;
  private final Mailbox<Mail> mailbox = new Mailbox<>();
  private final ArrayDeque<Mail> inbox = new ArrayDeque<>();
  private final ArrayDeque<Input> followUps = new ArrayDeque<>();
  private final ProposalQueue proposals;
  private final ReadQueue reads;
  private final ConfChanges confChanges = new ConfChanges();
  private final AdaptivePersistence persistence;
  private final RecoveryPoints recoveryPoints;
  private final AtomicInteger messagesPending = new AtomicInteger();
  private final AtomicBoolean failed = new AtomicBoolean();
  private final CountDownLatch leadershipGone = new CountDownLatch(1);
  private final Runners.Runner runner;
  private final TurnLock turns = new TurnLock();
  private final NodeCounters counters = new NodeCounters();

  private volatile RaftStatus status;
  private volatile boolean readsLocally;
  private volatile boolean transferring;
  private volatile boolean stopping;
  private volatile boolean ended;
  private volatile long lastTurnNanos;

  /** When the loop's thread has to look again although nothing came in. */
  private volatile long wakeAtNanos;

  private volatile boolean started;
  private long nextTickNanos;

  /** While this member leads: the index from which on its own term's entries are applied. */
  private long firstIndexOfLeadership = Long.MAX_VALUE;

  private Optional<Mail.SnapshotArrived> arrivedSnapshot = Optional.empty();

  /**
   * @param firstReadId where the ids of reads begin; must differ from one run of the process to the
   *     next
   */
  public RaftNode(
      NodeOptions options, NodePorts ports, RaftCore core, String name, long firstReadId) {
    this.options = options;
    this.ports = ports;
    this.core = core;
    status = core.status();
    proposals = new ProposalQueue(options);
    reads = new ReadQueue(options, firstReadId & Long.MAX_VALUE >> 1);
    persistence =
        new AdaptivePersistence(
            ports, followUps::addLast, this::stepLater, this::fatal, name + "-log", status);
    recoveryPoints =
        new RecoveryPoints(
            options,
            ports.stateMachine(),
            ports.runners().oneByOne(name + "-sync"),
            this::fatal,
            (point, before) -> mailbox.put(new Mail.Run(() -> pointReached(point, before))));
    runner = ports.runners().runner(name, new Loop());
    mailbox.onWake(runner::wake);
    lastTurnNanos = ports.clock().nanoTime();
  }

  /** Starts the loop. */
  public void start() {
    persistence.start();
    runner.start();
  }

  /**
   * Hands a command in. When it cannot be taken, {@link Proposal#refused} is called at once.
   *
   * <p>Refused with TOO_MANY_REQUESTS when too much waits already, or when applying is too far
   * behind what is committed.
   */
  public void propose(Proposal proposal) {
    RaftStatus now = status;
    if (now.commitIndex() - now.appliedIndex() > options.applyLagMax()
        || !proposals.reserve(proposal)) {
      counters.proposalsRefused.increment();
      proposal.refused(EtcdError.TOO_MANY_REQUESTS);
      return;
    }
    putOrRun(new Mail.Propose(proposal));
  }

  /**
   * Waits until this member may answer a linearizable read from its own state.
   *
   * @return the index the read is as fresh as, when the state machine has applied it; completes on
   *     the loop thread, or at once where {@link #readsLocally} holds
   */
  public CompletionStage<Long> readIndex() {
    if (readsLocally) {
      return CompletableFuture.completedStage(status.appliedIndex());
    }
    ReadQueue.PendingRead read =
        new ReadQueue.PendingRead(ports.clock().nanoTime() + options.readTimeoutNanos());
    if (reads.reserve()) {
      putOrRun(new Mail.Read(read));
    } else {
      read.completeExceptionally(EtcdError.TOO_MANY_REQUESTS.asException());
    }
    return read;
  }

  /**
   * Whether a read of the applied state is linearizable right now, on any thread, without asking
   * anybody.
   *
   * <p>It is where this member leads and is the only voter, once an entry of its own term is
   * applied. Nobody else can win an election without this member's vote, and this member's own loop
   * takes the flag back before any other voter can come to be, so there is no newer leader whose
   * writes could be missed. A write is acknowledged only after it is applied here and visible to
   * readers, so whoever reads after an acknowledgement sees it; and the entry of the own term
   * proves that everything acknowledged before a restart is applied again.
   */
  public boolean readsLocally() {
    return readsLocally;
  }

  /** Runs a task on the loop thread; it must be short. Dropped once the node has ended. */
  public void execute(Runnable task) {
    put(new Mail.Run(task));
  }

  /**
   * Makes the state durable soon, and lets the log be cut behind it, although few entries have come
   * since this was done last.
   */
  public void makeRecoveryPoint() {
    put(new Mail.Run(recoveryPoints::request));
  }

  /** Ends the node through the {@link FatalHandler}: somebody found that going on is unsafe. */
  @Override
  public void fail(Throwable cause) {
    fatal(cause);
  }

  /** Asks for the leadership to move; takes effect, or not, within an election timeout. */
  public void transferLeadership(long targetId) {
    put(new Mail.Step(new Input.TransferLeader(targetId)));
  }

  /**
   * Changes the membership, where this member leads. The change is in force once it is logged; it
   * is lasting when the stage completes.
   *
   * @param request decides on the loop what to ask for
   * @return completes on the loop with the membership, once the change is applied here; fails with
   *     what the request threw, with {@link ConfChangeRefused} when the membership is not changed,
   *     or with {@link io.holdfast.server.error.IndeterminateException}. It has no time limit of
   *     its own: without a quorum it stays open
   */
  public CompletionStage<ConfState> changeConfig(ConfRequest request) {
    CompletableFuture<ConfState> done = new CompletableFuture<>();
    put(new Mail.Change(request, done));
    return done;
  }

  /** What this member, as the leader, knows of the others; on the loop only, else empty. */
  public List<PeerProgress> progress() {
    return core.progress();
  }

  @Override
  public void receive(Message message) {
    if (messagesPending.incrementAndGet() > options.messagesPendingMax()) {
      messagesPending.decrementAndGet();
      counters.messagesDropped.increment();
      return;
    }
    putOrRun(new Mail.Arrived(message));
  }

  @Override
  public CompletionStage<Void> receiveSnapshot(InstallSnapshot message, ReceivedSnapshot snapshot)
      throws IOException {
    RaftStatus now = status;
    // Both only ever grow, so what the core has no use for now it will have no use for later.
    boolean useless =
        message.term() < now.term() || message.snapshot().index() <= now.commitIndex();
    Optional<PreparedState> prepared = Optional.empty();
    if (!useless) {
      try {
        prepared = Optional.of(ports.stateMachine().prepare(snapshot));
      } catch (IOException e) {
        snapshot.delete();
        throw e;
      }
    }
    CompletableFuture<Void> done = new CompletableFuture<>();
    put(new Mail.SnapshotArrived(message, snapshot, prepared, done));
    return done;
  }

  @Override
  public void unreachable(long peerId) {
    stepLater(new Input.Unreachable(peerId));
  }

  @Override
  public void gone(long peerId) {
    if (status.leaderId() == peerId) {
      stepLater(new Input.Gone(peerId));
    }
  }

  @Override
  public void snapshotReported(long peerId, boolean delivered) {
    if (delivered) {
      counters.snapshotsSent.increment();
    }
    put(
        new Mail.Run(
            () -> {
              recoveryPoints.transferEnded(peerId, delivered, ports.clock().nanoTime());
              step(new Input.SnapshotReported(peerId, delivered));
            }));
  }

  /** The state after the last turn. */
  public RaftStatus status() {
    return status;
  }

  public NodeCounters counters() {
    return counters;
  }

  /** Proposals handed in that the log has not got yet. */
  public int proposalsQueued() {
    return proposals.size();
  }

  /** Linearizable reads that wait. */
  public int readsPending() {
    return reads.size();
  }

  /** The clock's reading at the end of the last turn; turns come at least once per tick. */
  public long lastTurnNanos() {
    return lastTurnNanos;
  }

  /** Whether the node ended itself through the {@link FatalHandler}. */
  public boolean hasFailed() {
    return failed.get();
  }

  /**
   * Ends the loop in good order: hands the leadership over where there is somebody to take it,
   * refuses what waits, makes log and state durable. Returns when the loop has ended.
   *
   * @param heir who is to lead next, when this member leads
   * @param transferMillisMax how long to wait for the heir
   */
  public void stop(Optional<Long> heir, long transferMillisMax) throws InterruptedException {
    if (heir.isPresent() && status.isLeader() && !failed.get()) {
      transferring = true;
      transferLeadership(heir.get());
      leadershipGone.await(transferMillisMax, TimeUnit.MILLISECONDS);
    }
    stopping = true;
    mailbox.wake();
    runner.join();
  }

  /** Leaves something for the loop's own thread. */
  private void put(Mail mail) {
    // Who runs a turn looks into the mailbox again before it leaves.
    if (mailbox.add(mail) && !turns.isHeld()) {
      mailbox.wake();
    }
    if (ended) {
      refuseMailbox();
    }
  }

  /** Leaves something for the loop, and runs it when it is at rest. */
  private void putOrRun(Mail mail) {
    if (mailbox.add(mail) && !turns.isHeld() && !(mayRunHere() && runHere())) {
      mailbox.wake();
    }
    if (ended) {
      refuseMailbox();
    }
  }

  /**
   * Whether the calling thread may run a turn: when something comes alone. Under load the loop's
   * thread is awake anyway, and bigger batches are worth more than a spared hand-over.
   */
  private boolean mayRunHere() {
    return options.callersMayRun()
        && started
        && ports.clock().nanoTime() - lastTurnNanos > QUIET_NANOS;
  }

  /**
   * @return false when the loop's thread has to do it
   */
  private boolean runHere() {
    if (!turns.tryEnter()) {
      return true;
    }
    // An interrupt meant for the caller must not close a file under the turn.
    boolean interrupted = Thread.interrupted();
    boolean done = false;
    try {
      if (!stopping && !failed.get()) {
        turn();
        done = true;
      }
    } catch (Throwable cause) {
      fatal(cause);
    } finally {
      turns.leave();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    if (!mailbox.isEmpty() || wakeAtNanos - ports.clock().nanoTime() <= 0) {
      mailbox.wake();
    }
    return done;
  }

  private void stepLater(Input input) {
    put(new Mail.Step(input));
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

  /** A turn on the loop's own thread, which does what takes long: ticks and commits. */
  private void runOwnTurn() {
    try {
      turn();
      long now = ports.clock().nanoTime();
      tick(now);
      recoveryPoints.turn(now, mailbox.isEmpty());
      wakeAtNanos = now + Math.min(nextTickNanos - now, recoveryPoints.nanosUntilCommit(now));
      lastTurnNanos = now;
    } catch (Throwable cause) {
      fatal(cause);
    } finally {
      turns.leave();
    }
  }

  private void turn() {
    mailbox.drainTo(inbox);
    Mail mail;
    while ((mail = inbox.pollFirst()) != null) {
      deliver(mail);
    }
    proposeWaiting();
    long now = ports.clock().nanoTime();
    askForReads(now);
    // A commit may have become due earlier than the loop's thread thinks.
    wakeAtNanos = now + Math.min(nextTickNanos - now, recoveryPoints.nanosUntilCommit(now));
    lastTurnNanos = now;
  }

  private void deliver(Mail mail) {
    if (mail instanceof Mail.Propose propose) {
      proposals.add(propose.proposal());
    } else if (mail instanceof Mail.Read read) {
      reads.add(read.index());
    } else if (mail instanceof Mail.Arrived arrived) {
      messagesPending.decrementAndGet();
      step(new Input.Receive(arrived.message()));
    } else if (mail instanceof Mail.Step step) {
      step(step.input());
    } else if (mail instanceof Mail.Change change) {
      changeConfig(change);
    } else if (mail instanceof Mail.Run run) {
      run.task().run();
    } else if (mail instanceof Mail.SnapshotArrived arrived) {
      snapshotArrived(arrived);
    }
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

  private void proposeWaiting() {
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

  private void askForReads(long now) {
    if (status.hasLeader() && reads.wantsToAsk(now)) {
      step(new Input.ReadIndex(reads.ask(now)));
    }
  }

  private void tick(long now) {
    if (now < nextTickNanos) {
      return;
    }
    long due = 1 + (now - nextTickNanos) / options.tickNanos();
    nextTickNanos =
        due > TICKS_AT_ONCE ? now + options.tickNanos() : nextTickNanos + due * options.tickNanos();
    for (long i = 0; i < Math.min(due, TICKS_AT_ONCE); i++) {
      step(Input.Tick.INSTANCE);
    }
    proposals.dropAbandoned();
    reads.expire(now);
    ports.observer().ticked(now);
  }

  private void step(Input input) {
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
    if (failed.get()) {
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
      if (transferring && !after.isLeader()) {
        leadershipGone.countDown();
      }
      ports.observer().statusChanged(before, after);
    }
  }

  private void snapshotArrived(Mail.SnapshotArrived arrived) {
    arrivedSnapshot = Optional.of(arrived);
    step(new Input.Receive(arrived.message()));
    if (arrivedSnapshot.isPresent()) {
      // The core had no use for it: an older leader's, or one that is not newer.
      arrived.prepared().ifPresent(PreparedState::close);
      arrived.snapshot().delete();
      arrivedSnapshot = Optional.empty();
    }
    arrived.done().complete(null);
  }

  private void install(SnapshotMetadata metadata, Ready ready) {
    Mail.SnapshotArrived arrived =
        arrivedSnapshot.orElseThrow(
            () ->
                new InvariantViolation(
                    "snapshot before installation",
                    "no state arrived for index " + metadata.index()));
    PreparedState prepared =
        arrived
            .prepared()
            .orElseThrow(
                () ->
                    new InvariantViolation(
                        "a snapshot is loaded before it is installed",
                        "index " + metadata.index() + " was thought to be of no use"));
    InvariantViolation.check(
        prepared.metadata().index() == metadata.index()
            && prepared.metadata().term() == metadata.term(),
        "snapshot identity",
        "asked to install " + metadata.index() + ", holding " + prepared.metadata().index());
    // First the state, then the log: a start in between finds the state ahead and the file of the
    // snapshot still there, and starts the log anew.
    ports.stateMachine().install(prepared);
    persistence.snapshotInstalled(metadata, ready);
    arrived.snapshot().delete();
    arrivedSnapshot = Optional.empty();
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

  private void finish() {
    if (failed.get()) {
      return;
    }
    persistence.finish();
    recoveryPoints.finish();
  }

  private void fatal(Throwable cause) {
    if (failed.compareAndSet(false, true)) {
      readsLocally = false;
      ports.fatalHandler().fail(cause);
      mailbox.wake();
    }
  }

  private void end() {
    readsLocally = false;
    ended = true;
    recoveryPoints.stopSyncing();
    deliverRefusals(inbox);
    refuseMailbox();
    proposals.refuseAll(EtcdError.SERVER_STOPPED);
    reads.refuseAll(EtcdError.SERVER_STOPPED);
    confChanges.end();
  }

  private void refuseMailbox() {
    ArrayDeque<Mail> left = new ArrayDeque<>();
    synchronized (mailbox) {
      mailbox.drainTo(left);
    }
    deliverRefusals(left);
  }

  private void deliverRefusals(ArrayDeque<Mail> left) {
    Mail mail;
    while ((mail = left.pollFirst()) != null) {
      if (mail instanceof Mail.Propose propose) {
        proposals.refuse(propose.proposal(), EtcdError.SERVER_STOPPED);
      } else if (mail instanceof Mail.Read read) {
        reads.refuse(read.index(), EtcdError.SERVER_STOPPED);
      } else if (mail instanceof Mail.Change change) {
        change.done().completeExceptionally(EtcdError.SERVER_STOPPED.asException());
      } else if (mail instanceof Mail.SnapshotArrived arrived) {
        arrived.prepared().ifPresent(PreparedState::close);
        arrived.done().completeExceptionally(EtcdError.SERVER_STOPPED.asException());
      }
    }
  }

  /** The loop, which takes its own turns among those of the callers. */
  private final class Loop extends Job {
    @Override
    public void begin() {
      turns.enter();
      standForElectionIfAlone();
      nextTickNanos = ports.clock().nanoTime() + options.tickNanos();
      started = true;
      turns.leave();
    }

    @Override
    public boolean goesOn() {
      return !stopping && !failed.get();
    }

    @Override
    public void round() {
      if (turns.tryEnter()) {
        runOwnTurn();
      }
    }

    @Override
    public long nanosToRest() {
      return mailbox.isEmpty() ? wakeAtNanos - ports.clock().nanoTime() : 0;
    }

    @Override
    public void rest() {
      mailbox.await(wakeAtNanos - ports.clock().nanoTime(), turns::isHeld);
    }

    @Override
    public void failed(Throwable cause) {
      fatal(cause);
    }

    @Override
    public void end() {
      if (!turns.isHeldHere()) {
        turns.enter();
      }
      try {
        finish();
      } catch (Throwable cause) {
        fatal(cause);
      } finally {
        RaftNode.this.end();
      }
    }
  }
}
