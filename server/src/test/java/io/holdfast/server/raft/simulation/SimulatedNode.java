package io.holdfast.server.raft.simulation;

import io.holdfast.server.raft.Bootstrap;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.Input;
import io.holdfast.server.raft.Outgoing;
import io.holdfast.server.raft.RaftConfig;
import io.holdfast.server.raft.RaftCore;
import io.holdfast.server.raft.RaftStatus;
import io.holdfast.server.raft.ReadState;
import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.Rejection;
import io.holdfast.server.raft.Restored;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfChange;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A member: a real core, a simulated disk, a state machine and the clients that wait. It does what
 * {@link Ready} says a member has to do, with the disk working beside it.
 */
public final class SimulatedNode {
  private final long id;
  private final Simulation simulation;
  private final Behaviour behaviour;
  private final SimulatedDisk disk;
  private final SimulatedDisk.Snapshot nothing;
  private final LogMirror mirror = new LogMirror();
  private final Map<Long, Operation> waitingWrites = new HashMap<>();
  private final Map<Long, Operation> askedReads = new HashMap<>();
  private final List<PlacedRead> placedReads = new ArrayList<>();

  private RaftCore core;
  private KeyValueMachine machine;
  private SimulatedDisk.Snapshot receivedSnapshot;
  private boolean running;
  private boolean retired;
  private long installingIndex;
  private int incarnation;
  private long pausedUntil;
  private double clockRate = 1.0;

  /** A read that has its index and waits for the state machine. */
  private record PlacedRead(Operation operation, long index) {}

  SimulatedNode(long id, Simulation simulation, Behaviour behaviour, Restored beginning, int keys) {
    this.id = id;
    this.simulation = simulation;
    this.behaviour = behaviour;
    this.disk = new SimulatedDisk(beginning, keys);
    this.nothing =
        new SimulatedDisk.Snapshot(Bootstrap.joining().snapshot(), new KeyValueMachine(keys));
  }

  public long id() {
    return id;
  }

  public boolean isRunning() {
    return running;
  }

  /** Counts starts; what was meant for an earlier run is void. */
  public int incarnation() {
    return incarnation;
  }

  public RaftStatus status() {
    return core.status();
  }

  public LogMirror mirror() {
    return mirror;
  }

  /** Whether the entry, or a snapshot over it, is on the disk. */
  public boolean hasDurable(long index, long term) {
    return disk.holds(index, term);
  }

  /** Where the log on the disk ends. */
  public long durableLastIndex() {
    return disk.lastIndex();
  }

  /** The term of the last entry on the disk. */
  public long durableLastTerm() {
    return disk.termAt(disk.lastIndex());
  }

  /** The membership that a restart now would find. */
  public ConfState durableMembership() {
    return disk.membership();
  }

  /** The durable term. */
  public long durableTerm() {
    return disk.hardState().term();
  }

  /** The durable vote of the durable term; 0 = none. */
  public long durableVote() {
    return disk.hardState().vote();
  }

  KeyValueMachine machine() {
    return machine;
  }

  SimulatedDisk.Snapshot durableSnapshot() {
    return disk.snapshot();
  }

  /** Ends the member for good, unless it is added again: it is removed from the cluster. */
  void retire() {
    if (running) {
      crash();
    }
    retired = true;
  }

  /** It is to be a member again. */
  void comeBack() {
    retired = false;
    if (!running) {
      start();
    }
  }

  /** Whether it is ended and nobody starts it again. */
  public boolean isRetired() {
    return retired;
  }

  long pausedUntil() {
    return pausedUntil;
  }

  void pauseUntil(long time) {
    pausedUntil = Math.max(pausedUntil, time);
  }

  void setClockRate(double rate) {
    clockRate = rate;
  }

  void start() {
    running = true;
    incarnation++;
    installingIndex = 0;
    machine = disk.snapshot().state().copy();
    Restored restored = disk.restore(behaviour.recover(disk.hardState()));
    RaftConfig config = simulation.configFor(id);
    core = behaviour.newCore(config, restored);
    rebuildMirror();
    simulation.check().started(this);
    scheduleTick();
  }

  private void rebuildMirror() {
    SnapshotMetadata snapshot = disk.snapshot().metadata();
    List<Entry> entries = disk.entries();
    mirror.resetMembership(snapshot);
    if (entries.isEmpty() || entries.get(0).index() > snapshot.index()) {
      mirror.reset(snapshot.index(), snapshot.term());
      mirror.write(entries);
    } else {
      mirror.reset(entries.get(0).index(), entries.get(0).term());
      mirror.write(entries.subList(1, entries.size()));
    }
  }

  void crash() {
    running = false;
    incarnation++;
    disk.crash(simulation.random());
    waitingWrites.clear();
    askedReads.clear();
    placedReads.clear();
    receivedSnapshot = null;
  }

  /** While it is down, its log is damaged. */
  void loseLog() {
    disk.loseLog(
        simulation.random(),
        new SimulatedDisk.Snapshot(nothing.metadata(), nothing.state().copy()));
  }

  /** Whether it may have acknowledged more than its disk holds. */
  public boolean isRepairing() {
    return disk.isRepairing();
  }

  private void scheduleTick() {
    long interval = (long) (Settings.TICK_MICROS * clockRate);
    simulation.after(
        interval,
        this,
        () -> {
          step(Input.Tick.INSTANCE);
          scheduleTick();
        });
  }

  void receive(Message message, SimulatedDisk.Snapshot payload) {
    if (message instanceof InstallSnapshot) {
      receivedSnapshot = payload;
    }
    step(new Input.Receive(behaviour.arrives(message, core.status())));
  }

  void call(Operation operation, Command command) {
    if (operation.kind == Operation.Kind.READ) {
      if (behaviour.readsLocally(core.status())) {
        answerRead(operation);
        return;
      }
      askedReads.put(operation.id, operation);
      step(new Input.ReadIndex(operation.id));
    } else {
      waitingWrites.put(operation.id, operation);
      step(new Input.Propose(List.of(command.encode())));
    }
  }

  void transferLeadership(long target) {
    step(new Input.TransferLeader(target));
  }

  void changeMembership(ConfChange change) {
    step(new Input.ChangeConfig(change));
  }

  void learnThatGone(long peer) {
    step(new Input.Gone(peer));
  }

  void learnDistance(long peer, boolean near) {
    if (running) {
      step(new Input.Distance(peer, near));
    }
  }

  void reportSnapshot(long peer, boolean delivered) {
    step(new Input.SnapshotReported(peer, delivered));
  }

  /** Makes the state machine durable and lets the log below it go, keeping a few entries. */
  void saveSnapshot(long keepEntries) {
    if (installingIndex != 0 || machine.appliedIndex() <= disk.snapshot().metadata().index()) {
      return;
    }
    SnapshotMetadata metadata =
        new SnapshotMetadata(
            machine.appliedIndex(),
            machine.appliedTerm(),
            behaviour.membershipOfSnapshot(
                machine.confState(), disk.snapshot().metadata().confState()));
    long keepFrom = Math.max(1, metadata.index() + 1 - keepEntries);
    disk.saveSnapshot(new SimulatedDisk.Snapshot(metadata, machine.copy()), keepFrom);
    step(new Input.SnapshotSaved(metadata, keepFrom));
  }

  private void step(Input input) {
    Ready ready = core.step(input);
    SimulatedDisk.Snapshot payload = null;
    if (ready.snapshotToInstall().isPresent()) {
      SnapshotMetadata metadata = ready.snapshotToInstall().get();
      payload = receivedSnapshot;
      installingIndex = metadata.index();
      mirror.reset(metadata.index(), metadata.term());
      mirror.resetMembership(metadata);
    }
    simulation.check().beforeWrite(this, ready);
    mirror.write(ready.entries());
    if (disk.isRepairing() && !ready.status().repairing()) {
      disk.repaired();
    }
    simulation.check().stepped(this, ready);
    simulation.trace(id, ready);
    List<Message> waiting = send(input, ready);
    if (ready.syncRequired() || ready.persisted().isPresent() || !waiting.isEmpty()) {
      disk.append(new SimulatedDisk.Write(ready, payload, waiting));
      beginSync();
    }
    ready.rejections().forEach(this::onRejection);
    for (ReadState read : ready.readStates()) {
      Operation asked = askedReads.remove(read.requestId());
      if (asked == null) {
        throw new SimulationFailure("one answer to a read", "unasked: " + read);
      }
      placedReads.add(new PlacedRead(asked, read.index()));
    }
    apply(ready.committedEntries());
    answerPlacedReads();
    behaviour.attestEarly(ready).ifPresent(this::step);
    simulation.nemesis().afterStep(this, ready);
  }

  /**
   * @return the messages that have to wait for the disk
   */
  private List<Message> send(Input input, Ready ready) {
    boolean diskBusy = ready.syncRequired() || !disk.isClean();
    List<Message> waiting = List.of();
    for (Outgoing outgoing : ready.messages()) {
      Message message = behaviour.leaves(input, outgoing.message());
      if (behaviour.waitsForDisk(outgoing) && diskBusy) {
        waiting = waiting.isEmpty() ? new ArrayList<>() : waiting;
        waiting.add(message);
      } else {
        post(message);
      }
    }
    return waiting;
  }

  private void post(Message message) {
    simulation.check().beforeSend(this, message);
    simulation.network().send(this, message);
  }

  private void beginSync() {
    if (!disk.isSyncing()) {
      disk.beginSync();
      simulation.after(simulation.syncMicros(), this, this::endSync);
    }
  }

  private void endSync() {
    Optional<Input.Persisted> persisted = Optional.empty();
    for (SimulatedDisk.Write write : disk.endSync()) {
      if (write.snapshot() != null) {
        install(write.snapshot());
      }
      if (write.ready().persisted().isPresent()) {
        persisted = write.ready().persisted();
      }
      write.waiting().forEach(this::post);
    }
    persisted.ifPresent(
        one -> step(behaviour.attest(one, core.status(), mirror.termAt(one.index()))));
    if (!disk.isClean()) {
      beginSync();
    }
  }

  private void install(SimulatedDisk.Snapshot snapshot) {
    machine = snapshot.state().copy();
    if (snapshot.metadata().index() == installingIndex) {
      installingIndex = 0;
    }
    step(new Input.SnapshotInstalled(snapshot.metadata()));
  }

  private void apply(List<Entry> committed) {
    if (committed.isEmpty()) {
      return;
    }
    for (Entry entry : committed) {
      KeyValueMachine.Result result = machine.apply(entry);
      simulation.check().applied(this, entry, result);
      if (result != null) {
        Operation operation = waitingWrites.remove(result.operationId());
        if (operation != null) {
          operation.changed = result.changed();
          operation.observed = result.observed();
          operation.revision = result.revision();
          simulation.answer(operation);
        }
      }
    }
    step(new Input.Applied(machine.appliedIndex()));
  }

  private void answerPlacedReads() {
    if (placedReads.isEmpty()) {
      return;
    }
    Iterator<PlacedRead> reads = placedReads.iterator();
    while (reads.hasNext()) {
      PlacedRead read = reads.next();
      if (read.index <= machine.appliedIndex()) {
        reads.remove();
        answerRead(read.operation);
      }
    }
  }

  private void answerRead(Operation operation) {
    operation.observed = machine.read(operation.key);
    operation.revision = machine.revision();
    simulation.answer(operation);
  }

  private void onRejection(Rejection rejection) {
    Operation operation = null;
    if (rejection instanceof Rejection.OfRead read) {
      operation = askedReads.remove(read.requestId());
    } else if (rejection instanceof Rejection.OfProposal proposal) {
      Command command = Command.decode(proposal.commands().get(0));
      operation = waitingWrites.remove(command.operationId());
    }
    if (operation != null) {
      simulation.refuse(operation);
    }
  }
}
