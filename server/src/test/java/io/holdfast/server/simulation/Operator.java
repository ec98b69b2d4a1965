package io.holdfast.server.simulation;

import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.apply.Membership;
import io.holdfast.server.service.member.Member;
import io.holdfast.server.transport.LocalMember;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Changes who belongs to the cluster: adds members and learners, promotes, removes, and replaces a
 * member whose disk was lost. Does what an operator with the member list in hand would do next:
 * starts what was added, switches off what was removed, and never starts a lost disk's machine
 * again.
 */
final class Operator {
  private static final int MEMBERS_MAX = 5;
  private static final int VOTERS_MIN = 3;
  private static final long LOOK_NANOS = Timeline.SECOND;

  private final Cluster cluster;
  private final SplittableRandom random;
  private final Consumer<Machine> newcomers;
  private final PlantedServerBug bug;
  private Optional<Machine> lost = Optional.empty();
  private boolean stopped;

  /**
   * @param newcomers told of machines that are started for the first time
   */
  Operator(
      Cluster cluster, SplittableRandom random, Consumer<Machine> newcomers, PlantedServerBug bug) {
    this.bug = bug;
    this.cluster = cluster;
    this.random = random;
    this.newcomers = newcomers;
  }

  void start() {
    stopped = false;
    changeLater();
    look();
  }

  /** Makes no more changes, but brings those under way to their end. */
  void stop() {
    stopped = true;
  }

  private void changeLater() {
    cluster
        .timeline()
        .after(
            2 * Timeline.SECOND + random.nextLong(8 * Timeline.SECOND),
            () -> {
              if (!stopped) {
                change();
                changeLater();
              }
            });
  }

  private void change() {
    Membership now = membership();
    int voters = now.confState().voters().size();
    Optional<MemberRecord> learner =
        now.members().values().stream().filter(MemberRecord::learner).findFirst();
    cluster.timeline().trace("membership", now.members().size(), voters);
    if (lost.isPresent() || voters < VOTERS_MIN) {
      return;
    }
    switch (random.nextInt(5)) {
      case 0 -> loseDisk(now);
      case 1, 2 -> {
        if (now.members().size() < MEMBERS_MAX) {
          add(random.nextInt(3) == 0);
        }
      }
      case 3 -> learner.ifPresent(this::promote);
      default -> {
        if (voters > VOTERS_MIN && now.members().size() > VOTERS_MIN) {
          remove(any(now).memberId());
        }
      }
    }
  }

  private MemberRecord any(Membership now) {
    List<MemberRecord> all = List.copyOf(now.members().values());
    return all.get(random.nextInt(all.size()));
  }

  /** A disk breaks for good: the member must be removed and another one take its place. */
  private void loseDisk(Membership now) {
    Machine machine = cluster.machineOfPeer(any(now).peerUrls());
    if (machine.process().isEmpty()) {
      return;
    }
    cluster.timeline().trace("disk lost", machine.number(), 0);
    machine.process().ifPresent(process -> process.end(Process.End.POWER_CUT));
    if (bug == PlantedServerBug.LOST_DISK_STARTED_AGAIN) {
      machine.replaceDisk();
      cluster.timeline().after(Timeline.SECOND, () -> cluster.start(machine));
    } else {
      machine.retire();
      lost = Optional.of(machine);
    }
  }

  private void add(boolean learner) {
    Machine machine = cluster.addMachine();
    List<String> urls = List.of(Cluster.peerUrl(machine.number()));
    at(member -> member.cluster().memberAdd(urls, learner));
  }

  private void promote(MemberRecord learner) {
    at(member -> member.cluster().memberPromote(learner.memberId()));
  }

  private void remove(long memberId) {
    at(member -> member.cluster().memberRemove(memberId));
  }

  /** Asks any member for something; what became of it shows in the list. */
  private void at(Consumer<Member> request) {
    cluster
        .anyMachine(random)
        .process()
        .ifPresent(process -> process.run(() -> process.member().ifPresent(request)));
  }

  /** Who belongs to the cluster, as the member knows that has seen most. */
  Membership membership() {
    return cluster.machines().stream()
        .flatMap(machine -> machine.process().stream())
        .filter(process -> process.member().isPresent())
        .flatMap(process -> process.questioned().stream())
        .map(LocalMember::membership)
        .max(Comparator.comparingInt(Operator::age))
        .orElse(Membership.NONE);
  }

  /** Grows with every change that there is; a promotion alone may be seen late. */
  private static int age(Membership membership) {
    return membership.members().size() + 2 * membership.removedIds().size();
  }

  private void look() {
    Membership now = membership();
    for (MemberRecord member : now.members().values()) {
      Machine machine = cluster.machineOfPeer(member.peerUrls());
      if (machine.awaitsMembership()) {
        machine.admit();
        newcomers.accept(machine);
      }
      if (!machine.hasStarted() && !machine.isRetired()) {
        cluster.start(machine);
      }
      if (lost.isPresent() && lost.get() == machine) {
        remove(member.memberId());
      }
    }
    now.removedIds().forEach(this::switchOff);
    if (lost.isPresent() && !now.isEmpty() && !belongs(lost.get(), now)) {
      lost = Optional.empty();
      if (now.members().size() < MEMBERS_MAX) {
        add(false);
      }
    }
    cluster.timeline().after(LOOK_NANOS + random.nextLong(LOOK_NANOS), this::look);
  }

  private boolean belongs(Machine machine, Membership now) {
    return now.members().values().stream()
        .anyMatch(member -> cluster.machineOfPeer(member.peerUrls()) == machine);
  }

  private void switchOff(long removedId) {
    Machine machine = cluster.network().machine(removedId);
    if (machine != null && !machine.isRetired()) {
      machine.process().ifPresent(process -> process.end(Process.End.KILLED));
      machine.retire();
    }
  }
}
