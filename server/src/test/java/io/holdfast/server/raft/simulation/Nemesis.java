package io.holdfast.server.raft.simulation;

import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.Ready;
import java.util.SplittableRandom;

/** What goes wrong besides single messages: partitions, crashes, pauses, clocks, transfers. */
final class Nemesis {
  private final Simulation simulation;
  private final Settings settings;
  private final long[] ledTerms;
  private final long[] firstCommits;
  private final SplittableRandom distances;
  private boolean stopped;

  Nemesis(Simulation simulation, long seed) {
    this.simulation = simulation;
    // With chances of their own, so that the rest of a run does not depend on them.
    this.distances = new SplittableRandom(~seed);
    this.settings = simulation.settings();
    this.ledTerms = new long[Settings.MEMBERS_MAX + 1];
    this.firstCommits = new long[Settings.MEMBERS_MAX + 1];
  }

  void start() {
    scheduleNext();
    if (distances.nextBoolean()) {
      scheduleDistance();
    }
    simulation.nodes().forEach(this::watchOver);
  }

  /** Takes snapshots at a member from now on. */
  void watchOver(SimulatedNode node) {
    scheduleSnapshot(node);
  }

  /** Mends everything. */
  void stop() {
    stopped = true;
    simulation.network().calm();
    for (SimulatedNode node : simulation.nodes()) {
      node.setClockRate(1.0);
      restart(node);
    }
    for (SimulatedNode node : simulation.nodes()) {
      simulation.nodes().forEach(peer -> node.learnDistance(peer.id(), false));
    }
  }

  private static void restart(SimulatedNode node) {
    if (!node.isRunning() && !node.isRetired()) {
      node.start();
    }
  }

  /**
   * Crashes a member just after it has spoken, more likely where its term or vote changed: bugs of
   * durability hide in such moments, which crashes at any time seldom hit.
   */
  void afterStep(SimulatedNode node, Ready ready) {
    if (stopped) {
      return;
    }
    if (ready.status().isLeader() && ledTerms[(int) node.id()] != ready.status().term()) {
      ledTerms[(int) node.id()] = ready.status().term();
      firstCommits[(int) node.id()] = ready.status().commitIndex() + 1;
      ambushLeader(node);
    } else if (ready.status().isLeader()
        && ready.status().commitIndex() >= firstCommits[(int) node.id()]) {
      firstCommits[(int) node.id()] = Long.MAX_VALUE;
      ambushCommit(node);
    }
    if (settings.changeAmbush() > 0) {
      ambushChange(node, ready);
    }
    if (settings.ambush() == 0) {
      return;
    }
    double chance = ready.hardState().isPresent() ? settings.ambush() : settings.ambush() / 100;
    if (ready.syncRequired() && random().nextDouble() < chance) {
      simulation.after(random().nextLong(1_000), node, () -> crash(node));
    }
  }

  /** Leaders that do not live long leave logs behind as in figures 7 and 8 of the paper. */
  private void ambushLeader(SimulatedNode node) {
    if (settings.leaderAmbush() == 0 || random().nextDouble() >= settings.leaderAmbush()) {
      return;
    }
    if (random().nextBoolean()) {
      long mercy = random().nextLong(4 * settings.delayMaxMicros());
      simulation.after(mercy, node, () -> crash(node));
    } else {
      silence(node);
    }
  }

  /** Nobody hears any more from a leader that has just committed for the first time. */
  private void ambushCommit(SimulatedNode node) {
    if (settings.leaderAmbush() > 0 && random().nextDouble() < settings.leaderAmbush()) {
      silence(node);
    }
  }

  /** A leader that has just changed the membership is left with one member to talk to. */
  private void ambushChange(SimulatedNode node, Ready ready) {
    boolean changes =
        ready.status().isLeader()
            && ready.entries().stream().anyMatch(e -> e.type() == EntryType.CONFIG_CHANGE);
    if (!changes || random().nextDouble() >= settings.changeAmbush()) {
      return;
    }
    SimulatedNode confidant = anyNode();
    for (SimulatedNode other : simulation.nodes()) {
      if (other != node && other != confidant) {
        simulation.network().cut(node.id(), other.id());
        simulation.network().cut(other.id(), node.id());
      }
    }
    healLater();
  }

  private void silence(SimulatedNode node) {
    isolate(node, true, random().nextBoolean());
    healLater();
  }

  private void healLater() {
    long silence = random().nextLong(400_000);
    simulation.at(simulation.now() + silence, null, () -> simulation.network().heal());
  }

  private void scheduleNext() {
    long wait = 1 + random().nextLong(2 * settings.faultEveryMicros());
    simulation.at(
        simulation.now() + wait,
        null,
        () -> {
          if (!stopped) {
            act();
            scheduleNext();
          }
        });
  }

  private void scheduleDistance() {
    long wait = 1 + distances.nextLong(100_000);
    simulation.at(
        simulation.now() + wait,
        null,
        () -> {
          SimulatedNode leader = leader();
          long peer = 1 + distances.nextInt(simulation.nodes().size());
          boolean near = distances.nextInt(3) > 0;
          if (stopped) {
            return;
          }
          if (leader != null && leader.pausedUntil() <= simulation.now()) {
            leader.learnDistance(peer, near);
          }
          scheduleDistance();
        });
  }

  private void scheduleSnapshot(SimulatedNode node) {
    long wait = 1 + random().nextLong(2 * settings.snapshotEveryMicros());
    simulation.at(
        simulation.now() + wait,
        null,
        () -> {
          if (stopped) {
            // A write whose effect reaches its member in a snapshot is answered by nobody.
            return;
          }
          if (node.isRunning() && node.pausedUntil() <= simulation.now()) {
            node.saveSnapshot(random().nextInt(3) == 0 ? 0 : random().nextInt(40));
          }
          scheduleSnapshot(node);
        });
  }

  private void act() {
    int total =
        settings.crashWeight()
            + settings.partitionWeight()
            + settings.pauseWeight()
            + settings.transferWeight()
            + 1;
    int choice = random().nextInt(total);
    if ((choice -= settings.crashWeight()) < 0) {
      crash();
    } else if ((choice -= settings.partitionWeight()) < 0) {
      partition();
    } else if ((choice -= settings.pauseWeight()) < 0) {
      anyNode().pauseUntil(simulation.now() + random().nextLong(600_000));
    } else if ((choice -= settings.transferWeight()) < 0) {
      transfer();
    } else {
      // News that is wrong must do no harm either.
      tellOthers(anyNode().id());
      anyNode().setClockRate(1 + settings.clockDrift() * (2 * random().nextDouble() - 1));
    }
  }

  private void crash() {
    if (random().nextInt(8) == 0) {
      simulation.nodes().forEach(this::crash);
    } else if (random().nextBoolean() && leader() != null) {
      crash(leader());
    } else {
      crash(anyNode());
    }
  }

  private void crash(SimulatedNode node) {
    if (!node.isRunning()) {
      return;
    }
    node.crash();
    if (random().nextBoolean()) {
      tellOthers(node.id());
    }
    if (settings.logLoss() > 0 && random().nextDouble() < settings.logLoss() && mayLoseLog(node)) {
      node.loseLog();
    }
    long down = random().nextInt(3) == 0 ? 1_000 : random().nextLong(500_000);
    simulation.at(simulation.now() + down, null, () -> restart(node));
  }

  /** The others learn that a member has ended; sooner or later, and perhaps when it is back. */
  private void tellOthers(long gone) {
    for (SimulatedNode other : simulation.nodes()) {
      if (other.id() != gone) {
        simulation.after(random().nextLong(200_000), other, () -> other.learnThatGone(gone));
      }
    }
  }

  /** The members whose logs are whole must be able to elect a leader in the end. */
  private boolean mayLoseLog(SimulatedNode node) {
    long others =
        simulation.nodes().stream().filter(one -> one != node && one.isRepairing()).count();
    return others < (simulation.nodes().size() - 1) / 2;
  }

  private void partition() {
    Network network = simulation.network();
    network.heal();
    switch (random().nextInt(5)) {
      case 0 -> {}
      case 1 -> isolate(leader() == null ? anyNode() : leader(), true, true);
      case 2 -> isolate(anyNode(), random().nextBoolean(), true);
      case 3 -> isolate(anyNode(), true, random().nextBoolean());
      default -> split();
    }
  }

  private void isolate(SimulatedNode node, boolean outward, boolean inward) {
    for (SimulatedNode other : simulation.nodes()) {
      if (other != node && outward) {
        simulation.network().cut(node.id(), other.id());
      }
      if (other != node && inward) {
        simulation.network().cut(other.id(), node.id());
      }
    }
  }

  private void split() {
    int sides = random().nextInt(1 << simulation.nodes().size());
    for (SimulatedNode one : simulation.nodes()) {
      for (SimulatedNode other : simulation.nodes()) {
        if ((sides >> one.id() & 1) != (sides >> other.id() & 1)) {
          simulation.network().cut(one.id(), other.id());
        }
      }
    }
  }

  private void transfer() {
    SimulatedNode leader = leader();
    if (leader != null && leader.pausedUntil() <= simulation.now()) {
      leader.transferLeadership(anyNode().id());
    }
  }

  /** Who leads, as far as anybody can tell from outside; null = nobody. */
  SimulatedNode leader() {
    SimulatedNode found = null;
    for (SimulatedNode node : simulation.nodes()) {
      boolean leads = node.isRunning() && node.status().isLeader();
      if (leads && (found == null || node.status().term() > found.status().term())) {
        found = node;
      }
    }
    return found;
  }

  private SimulatedNode anyNode() {
    return simulation.nodes().get(random().nextInt(simulation.nodes().size()));
  }

  private SplittableRandom random() {
    return simulation.random();
  }
}
