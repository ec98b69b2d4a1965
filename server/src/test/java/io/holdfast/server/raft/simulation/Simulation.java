package io.holdfast.server.raft.simulation;

import io.holdfast.server.raft.Bootstrap;
import io.holdfast.server.raft.Outgoing;
import io.holdfast.server.raft.RaftConfig;
import io.holdfast.server.raft.RaftInvariantError;
import io.holdfast.server.raft.RaftStatus;
import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.Restored;
import io.holdfast.server.raft.message.Message;
import io.holdfast.server.raft.simulation.history.LinearizabilityChecker;
import io.holdfast.server.raft.simulation.history.RevisionOrderChecker;
import io.holdfast.server.raft.simulation.invariant.Invariant;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/**
 * One run: members, network, disks, clocks and clients under virtual time, everything drawn from
 * one seed. The same seed gives the same run, event for event.
 */
public final class Simulation {
  /** Time to settle once nothing goes wrong any more: elections, then the last calls. */
  private static final long SETTLE_MICROS = 1_500_000;

  private final long seed;
  private final SplittableRandom random;
  private final Settings settings;
  private final Checks checks;
  private final Network network;
  private final Workload workload;
  private final Nemesis nemesis;
  private final Operator operator;
  private final Behaviour behaviour;
  private final List<SimulatedNode> nodes = new ArrayList<>();
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private long now;
  private long sequence;
  private long traceHash;
  private long eventCount;
  private boolean calm;

  /** Something that happens at a member (null: to the world), unless it has restarted since. */
  private record Event(
      long time, long sequence, SimulatedNode node, int incarnation, Runnable action)
      implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      return time != other.time
          ? Long.compare(time, other.time)
          : Long.compare(sequence, other.sequence);
    }
  }

  /**
   * What a run was like.
   *
   * @param traceHash over all steps of all members, in order
   * @param simulatedMicros how long it was for the members
   */
  public record Report(
      long seed,
      long traceHash,
      long events,
      long simulatedMicros,
      List<Operation> history,
      List<AppliedCommand> log) {}

  public Simulation(long seed, Behaviour behaviour, List<Invariant> invariants) {
    this.seed = seed;
    this.random = new SplittableRandom(seed);
    this.settings = Settings.draw(random, behaviour.weather());
    this.checks = new Checks(nodes, invariants);
    this.network = new Network(this, settings);
    this.workload = new Workload(this);
    this.nemesis = new Nemesis(this, seed);
    this.operator = new Operator(this);
    this.behaviour = behaviour;
    List<Long> voters = new ArrayList<>();
    for (long id = 1; id <= settings.voters(); id++) {
      voters.add(id);
    }
    Restored founding = Bootstrap.founding(voters, new byte[0]);
    for (long id : voters) {
      nodes.add(new SimulatedNode(id, this, behaviour, founding, settings.keys()));
    }
  }

  /** Starts a member that knows nothing and is in no membership yet. */
  SimulatedNode addMember() {
    SimulatedNode node =
        new SimulatedNode(nodes.size() + 1, this, behaviour, Bootstrap.joining(), settings.keys());
    nodes.add(node);
    node.start();
    nemesis.watchOver(node);
    return node;
  }

  /**
   * Runs to the end.
   *
   * @throws SimulationFailure when a property is broken
   */
  public Report run() {
    try {
      nodes.forEach(SimulatedNode::start);
      nemesis.start();
      operator.start();
      workload.start();
      runUntil(settings.chaosMicros());
      calmDown();
      List<AppliedCommand> log = checks.appliedCommands();
      RevisionOrderChecker.check(workload.history(), log);
      LinearizabilityChecker.checkSample(workload.history());
      return new Report(seed, traceHash, eventCount, now, workload.history(), log);
    } catch (SimulationFailure failure) {
      throw new SimulationFailure(seed, now, failure.property(), failure);
    } catch (RaftInvariantError error) {
      throw new SimulationFailure(seed, now, "core: " + error.invariant(), error);
    }
  }

  private void calmDown() {
    calm = true;
    operator.stop();
    nemesis.stop();
    boolean guarded = settings.preVote() && settings.checkQuorum();
    if (!guarded && settings.changeEveryMicros() > 0) {
      operator.keepStrangersOff();
      runUntil(now + settleMicros());
    }
    runUntil(now + settleMicros());
    workload.stop();
    SimulatedNode leader = nemesis.leader();
    List<SimulatedNode> members = Liveness.members(this, leader);
    long termBefore = leader.status().term();
    List<Operation> last = new ArrayList<>();
    for (SimulatedNode node : members) {
      last.add(workload.begin(-2 * node.id(), Operation.Kind.WRITE, 0, node));
      last.add(workload.begin(-2 * node.id() - 1, Operation.Kind.READ, 0, node));
    }
    runUntil(now + settleMicros());
    Liveness.check(members, last, guarded ? termBefore : leader.status().term());
  }

  /** Longer where a member gets what it has missed entry by entry. */
  private long settleMicros() {
    boolean crawling = settings.inflightMessagesMax() == 1 && settings.appendBytesMax() < 100;
    return crawling ? 2 * SETTLE_MICROS : SETTLE_MICROS;
  }

  private void runUntil(long end) {
    while (!events.isEmpty() && events.peek().time <= end) {
      Event event = events.poll();
      now = event.time;
      SimulatedNode node = event.node;
      if (node != null) {
        if (event.incarnation != node.incarnation() || !node.isRunning()) {
          continue;
        }
        if (node.pausedUntil() > now && !calm) {
          schedule(node.pausedUntil(), node, event.incarnation, event.action);
          continue;
        }
      }
      eventCount++;
      event.action.run();
    }
    now = end;
  }

  void at(long time, SimulatedNode node, Runnable action) {
    schedule(time, node, node == null ? 0 : node.incarnation(), action);
  }

  void after(long micros, SimulatedNode node, Runnable action) {
    at(now + micros, node, action);
  }

  private void schedule(long time, SimulatedNode node, int incarnation, Runnable action) {
    events.add(new Event(time, ++sequence, node, incarnation, action));
  }

  void answer(Operation operation) {
    finish(operation, Operation.Outcome.DONE);
  }

  void refuse(Operation operation) {
    finish(operation, Operation.Outcome.REFUSED);
  }

  /** A client that has given up does not hear the answer. */
  private void finish(Operation operation, Operation.Outcome outcome) {
    if (!operation.abandoned) {
      operation.outcome = outcome;
      operation.returned = now;
      operation.whenAnswered.run();
    }
  }

  void trace(long nodeId, Ready ready) {
    RaftStatus status = ready.status();
    long hash = traceHash * 31 + now;
    hash = hash * 31 + nodeId;
    hash = hash * 31 + status.term();
    hash = hash * 31 + status.commitIndex();
    hash = hash * 31 + status.lastIndex();
    hash = hash * 31 + status.role().ordinal();
    hash = hash * 31 + status.confIndex();
    for (Outgoing outgoing : ready.messages()) {
      Message message = outgoing.message();
      hash = hash * 31 + message.getClass().getName().hashCode();
      hash = hash * 31 + message.to();
      hash = hash * 31 + message.term();
    }
    traceHash = hash * 31 + ready.entries().size() + ready.committedEntries().size();
  }

  RaftConfig configFor(long id) {
    SplittableRandom own = random.split();
    return new RaftConfig(
        id,
        Settings.ELECTION_TIMEOUT_TICKS,
        Settings.HEARTBEAT_TICKS,
        settings.inflightMessagesMax(),
        Math.max(1 << 20, settings.appendBytesMax()),
        settings.appendBytesMax(),
        100_000,
        100,
        settings.preVote(),
        settings.checkQuorum(),
        own::nextInt);
  }

  long syncMicros() {
    long usual = 50 + random.nextLong(settings.syncMaxMicros());
    boolean slow = !calm && random.nextDouble() < settings.slowSyncs();
    return slow ? usual + random.nextLong(300_000) : usual;
  }

  long now() {
    return now;
  }

  SplittableRandom random() {
    return random;
  }

  Settings settings() {
    return settings;
  }

  Network network() {
    return network;
  }

  Nemesis nemesis() {
    return nemesis;
  }

  Checks check() {
    return checks;
  }

  List<SimulatedNode> nodes() {
    return nodes;
  }

  SimulatedNode node(long id) {
    return nodes.get((int) id - 1);
  }
}
