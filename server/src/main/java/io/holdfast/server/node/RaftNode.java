package io.holdfast.server.node;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.raft.Input;
import io.holdfast.server.raft.PeerProgress;
import io.holdfast.server.raft.RaftCore;
import io.holdfast.server.raft.RaftStatus;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.message.ForwardPropose;
import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The loop around the Raft core: everything that happens to the member passes through its mailbox,
 * is stepped, and what the core asks for is done in the order the core's contract demands.
 *
 * <p>This class is the front of it, for any thread: it bounds what waits, and puts it into the
 * mailbox. When and where turns run is the {@link Loop}'s business; what is done in a turn is the
 * {@link CoreDriver}'s. Turns never overlap; in this room "on the loop" means within a turn,
 * whichever thread runs it.
 *
 * <p>A turn takes everything out of the mailbox at once. Batches therefore grow by themselves with
 * the load, and a lone request waits for nobody.
 *
 * <p>A storage failure, a broken invariant or any unexpected error ends everything through the
 * {@link FatalHandler}; after that no turn runs and nothing is acknowledged.
 *
 * <p>Ticks come from the injected clock. After a pause (a stopped process, a long collection) at
 * most two ticks are made up for, and messages that arrived meanwhile are stepped first, so that a
 * pause alone does not start an election.
 *
 * <p>Public methods may be called on any thread and do not block, except {@link #stop}.
 */
public final class RaftNode implements TransportListener {
  private final NodeOptions options;
  private final NodePorts ports;
  private final Intake intake;
  private final NodeCounters counters = new NodeCounters();
  private final CoreDriver driver;
  private final Loop loop;

  /**
   * @param firstReadId where the ids of reads begin; must differ from one run of the process to the
   *     next
   */
  public RaftNode(
      NodeOptions options, NodePorts ports, RaftCore core, String name, long firstReadId) {
    this.options = options;
    this.ports = ports;
    intake = new Intake(options, firstReadId & Long.MAX_VALUE >> 1);
    driver = new CoreDriver(options, ports, core, name, intake, counters);
    loop = driver.loop();
  }

  /** Starts the loop. */
  public void start() {
    driver.start();
  }

  /**
   * Hands a command in. When it cannot be taken, {@link Proposal#refused} is called at once.
   *
   * <p>Refused with TOO_MANY_REQUESTS when too much waits already, or when applying is too far
   * behind what is committed.
   */
  public void propose(Proposal proposal) {
    RaftStatus now = driver.status();
    if (now.commitIndex() - now.appliedIndex() > options.applyLagMax()
        || !intake.proposals.reserve(proposal)) {
      counters.proposalsRefused.increment();
      proposal.refused(EtcdError.TOO_MANY_REQUESTS);
      return;
    }
    loop.putOrRun(new Mail.Propose(proposal));
  }

  /**
   * Waits until this member may answer a linearizable read from its own state.
   *
   * @return the index the read is as fresh as, when the state machine has applied it; completes on
   *     the loop thread, or at once where {@link #readsLocally} holds
   */
  public CompletionStage<Long> readIndex() {
    if (driver.readsLocally()) {
      return CompletableFuture.completedStage(driver.status().appliedIndex());
    }
    ReadQueue.PendingRead read =
        new ReadQueue.PendingRead(ports.clock().nanoTime() + options.readTimeoutNanos());
    if (intake.reads.reserve()) {
      loop.putOrRun(new Mail.Read(read));
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
    return driver.readsLocally();
  }

  /** Runs a task on the loop thread; it must be short. Dropped once the node has ended. */
  public void execute(Runnable task) {
    driver.putTask(task);
  }

  /**
   * Makes the state durable soon, and lets the log be cut behind it, although few entries have come
   * since this was done last.
   */
  public void makeRecoveryPoint() {
    driver.putTask(driver.recoveryPoints()::request);
  }

  /** Ends the node through the {@link FatalHandler}: somebody found that going on is unsafe. */
  @Override
  public void fail(Throwable cause) {
    loop.fail(cause);
  }

  /** Asks for the leadership to move; takes effect, or not, within an election timeout. */
  public void transferLeadership(long targetId) {
    driver.stepLater(new Input.TransferLeader(targetId));
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
    loop.put(new Mail.Change(request, done));
    return done;
  }

  /** What this member, as the leader, knows of the others; on the loop only, else empty. */
  public List<PeerProgress> progress() {
    return driver.progress();
  }

  @Override
  public void receive(Message message) {
    if (!intake.reserveMessage()) {
      counters.messagesDropped.increment();
      return;
    }
    loop.putOrRun(new Mail.Arrived(message));
  }

  @Override
  public CompletionStage<Void> receiveSnapshot(InstallSnapshot message, ReceivedSnapshot snapshot)
      throws IOException {
    Mail.SnapshotArrived arrived = driver.snapshots().load(driver.status(), message, snapshot);
    loop.put(arrived);
    return arrived.done();
  }

  @Override
  public void unreachable(long peerId) {
    driver.stepLater(new Input.Unreachable(peerId));
  }

  @Override
  public void notSent(ForwardPropose message) {
    driver.stepLater(new Input.Receive(message.refused()));
  }

  @Override
  public void gone(long peerId) {
    if (driver.status().leaderId() == peerId) {
      driver.stepLater(new Input.Gone(peerId));
    }
  }

  @Override
  public void snapshotReported(long peerId, boolean delivered) {
    if (delivered) {
      counters.snapshotsSent.increment();
    }
    driver.putTask(
        () -> {
          driver.recoveryPoints().transferEnded(peerId, delivered, ports.clock().nanoTime());
          driver.step(new Input.SnapshotReported(peerId, delivered));
        });
  }

  /** The state after the last turn. */
  public RaftStatus status() {
    return driver.status();
  }

  public NodeCounters counters() {
    return counters;
  }

  /** Proposals handed in that the log has not got yet. */
  public int proposalsQueued() {
    return intake.proposals.size();
  }

  /** Linearizable reads that wait. */
  public int readsPending() {
    return intake.reads.size();
  }

  /** The clock's reading at the end of the last turn; turns come at least once per tick. */
  public long lastTurnNanos() {
    return loop.lastTurnNanos();
  }

  /** Whether the node ended itself through the {@link FatalHandler}. */
  public boolean hasFailed() {
    return loop.hasFailed();
  }

  /**
   * Hands the leadership over, when this member leads and there is somebody to take it; returns
   * when the next leader has been heard of.
   *
   * @param heir who is to lead next
   * @param millisMax how long to wait for that
   * @return whether this member led, and another one does now
   */
  public boolean handOver(Optional<Long> heir, long millisMax) throws InterruptedException {
    return heir.isPresent() && driver.handOver(heir.get(), millisMax);
  }

  /**
   * Ends the loop in good order: refuses what waits, makes log and state durable. Returns when the
   * loop has ended.
   */
  public void stop() throws InterruptedException {
    loop.stop();
  }
}
