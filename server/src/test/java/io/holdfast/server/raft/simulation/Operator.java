package io.holdfast.server.raft.simulation;

import io.holdfast.server.raft.membership.ConfChange;
import io.holdfast.server.raft.membership.ConfChange.Kind;
import io.holdfast.server.raft.membership.ConfChange.Step;
import io.holdfast.server.raft.membership.ConfState;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.SplittableRandom;

/**
 * Somebody who changes the cluster's membership all the time: adds learners and voters, promotes,
 * demotes, removes (the leader, too), exchanges several at once; asks wrong members and at bad
 * times. Members whose removal is committed are switched off some time later, so that what is left
 * can always go on.
 */
final class Operator {
  private static final long TIDY_EVERY_MICROS = 50_000;
  private static final byte[] CONTEXT = {'m'};

  private final Simulation simulation;
  private boolean stopped;

  Operator(Simulation simulation) {
    this.simulation = simulation;
  }

  void start() {
    if (simulation.settings().changeEveryMicros() > 0) {
      scheduleNext();
    }
  }

  void stop() {
    stopped = true;
  }

  private void scheduleNext() {
    long wait = 1 + random().nextLong(2 * simulation.settings().changeEveryMicros());
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

  private void act() {
    retireSome();
    SimulatedNode leader = simulation.nemesis().leader();
    SimulatedNode asked = leader == null || random().nextInt(10) == 0 ? anyNode() : leader;
    if (!asked.isRunning() || asked.pausedUntil() > simulation.now()) {
      return;
    }
    List<Step> steps = choose(asked.status().confState());
    asked.changeMembership(new ConfChange(steps, CONTEXT));
    if (random().nextInt(8) == 0 && asked.isRunning()) {
      // Another one at once, which may have to be refused.
      List<Step> more = choose(asked.status().confState());
      asked.changeMembership(new ConfChange(more, CONTEXT));
    }
  }

  private List<Step> choose(ConfState now) {
    List<Step> steps = new ArrayList<>();
    switch (random().nextInt(10)) {
      case 0, 1 -> add(steps, Kind.ADD_LEARNER, newcomer());
      case 2, 3 -> add(steps, Kind.ADD_VOTER, newcomer());
      case 4 -> add(steps, Kind.ADD_VOTER, anyOf(now.learners()));
      case 5, 6 -> add(steps, Kind.REMOVE, anyOf(now.voters()));
      case 7 ->
          add(
              steps,
              random().nextBoolean() ? Kind.ADD_LEARNER : Kind.REMOVE,
              anyOf(random().nextBoolean() ? now.voters() : now.learners()));
      case 8 -> exchange(steps, now);
      default -> {}
    }
    return steps;
  }

  /** Some voters go, some members come: several votes change at once. */
  private void exchange(List<Step> steps, ConfState now) {
    for (long voter : now.voters()) {
      switch (random().nextInt(4)) {
        case 0 -> steps.add(new Step(Kind.REMOVE, voter));
        case 1 -> steps.add(new Step(Kind.ADD_LEARNER, voter));
        default -> {}
      }
    }
    for (long learner : now.learners()) {
      if (random().nextBoolean()) {
        steps.add(new Step(Kind.ADD_VOTER, learner));
      }
    }
    long newcomer = newcomer();
    if (newcomer != 0 && steps.stream().noneMatch(step -> step.memberId() == newcomer)) {
      steps.add(new Step(Kind.ADD_VOTER, newcomer));
    }
  }

  private static void add(List<Step> steps, Kind kind, long memberId) {
    if (memberId != 0) {
      steps.add(new Step(kind, memberId));
    }
  }

  /** A member with an empty disk, or one that was removed and still has its old one. */
  private long newcomer() {
    List<SimulatedNode> nodes = simulation.nodes();
    if (nodes.size() < Settings.MEMBERS_MAX && random().nextInt(4) > 0) {
      return simulation.addMember().id();
    }
    List<SimulatedNode> retired = nodes.stream().filter(SimulatedNode::isRetired).toList();
    if (retired.isEmpty()) {
      return anyNode().id();
    }
    SimulatedNode back = retired.get(random().nextInt(retired.size()));
    back.comeBack();
    return back.id();
  }

  /** Switches off whom no membership contains that is committed last or may come after it. */
  private void retireSome() {
    for (SimulatedNode node : simulation.nodes()) {
      if (random().nextInt(3) == 0 && !isWanted(node)) {
        node.retire();
      }
    }
  }

  /**
   * From now on switches off everybody who is no member, as soon as that is so: where nothing else
   * keeps them from disturbing.
   */
  void keepStrangersOff() {
    simulation.at(simulation.now() + TIDY_EVERY_MICROS, null, this::keepStrangersOff);
    for (SimulatedNode node : simulation.nodes()) {
      if (!isWanted(node)) {
        node.retire();
      }
    }
  }

  private boolean isWanted(SimulatedNode node) {
    SortedSet<Long> members = simulation.check().membershipAt(Long.MAX_VALUE).members();
    return members.contains(node.id())
        || members.stream()
            .map(id -> simulation.node(id).mirror().membership())
            .anyMatch(next -> next.members().contains(node.id()));
  }

  private long anyOf(SortedSet<Long> members) {
    if (members.isEmpty()) {
      return 0;
    }
    return new ArrayList<>(members).get(random().nextInt(members.size()));
  }

  private SimulatedNode anyNode() {
    return simulation.nodes().get(random().nextInt(simulation.nodes().size()));
  }

  private SplittableRandom random() {
    return simulation.random();
  }
}
