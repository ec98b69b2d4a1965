package io.holdfast.server.simulation;

import io.holdfast.server.service.member.Member;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * Everything that goes wrong, and everything operators do: crashes, power cuts and failing disks,
 * restarts with other settings, pauses, clocks that drift and jump, cut and slow networks, leaders
 * that hand over, history that is given up.
 */
final class Nemesis {
  private final Cluster cluster;
  private final Settings settings;
  private final PlantedServerBug bug;
  private final SplittableRandom random;
  private final DiskNemesis disks;
  private boolean stopped;

  Nemesis(Cluster cluster, Settings settings, PlantedServerBug bug, SplittableRandom random) {
    this.cluster = cluster;
    this.settings = settings;
    this.bug = bug;
    this.random = random;
    this.disks =
        new DiskNemesis(cluster, this, settings.weather().breaksDisks() ? random.split() : random);
  }

  /** Begins to strike. */
  void start() {
    stopped = false;
    if (settings.weather().breaksDisks()) {
      disks.start();
    }
    strikeLater();
  }

  private void strikeLater() {
    cluster
        .timeline()
        .after(
            random.nextLong(2L * settings.faultMillis() * Timeline.MILLI),
            () -> {
              if (!stopped) {
                strike();
                strikeLater();
              }
            });
  }

  /** Everything is mended, and not even a message gets lost. */
  void stopAndMend() {
    rest();
    cluster.network().healCompletely();
  }

  /** Strikes no more, mends what is broken, and sees to it that every member runs. */
  void rest() {
    stopped = true;
    cluster.network().mend();
    if (settings.weather().breaksDisks()) {
      disks.rest();
    }
    for (Machine machine : cluster.machines()) {
      machine.pauseFor(0);
      machine.setDiskSlowness(1);
      machine.process().ifPresent(process -> process.disk().mend());
    }
    keepRunning();
  }

  private void keepRunning() {
    if (stopped) {
      cluster.machines().forEach(cluster::start);
      cluster.timeline().after(Timeline.SECOND, this::keepRunning);
    }
  }

  private void strike() {
    Machine machine = cluster.anyMachine(random);
    cluster.timeline().trace("strike", machine.number(), 0);
    if (settings.weather().breaksDisks() && random.nextInt(3) == 0) {
      disks.strike();
      return;
    }
    switch (random.nextInt(20)) {
      case 0, 1 -> crash(machine, Process.End.KILLED);
      case 2, 3 -> crash(machine, Process.End.POWER_CUT);
      case 4, 5 -> cutPowerLater(machine);
      case 6 -> failDisk(machine);
      case 7 -> restartInOrder(machine);
      case 8 -> powerCutOfAll();
      case 9, 10 -> partition();
      case 11 -> cutOneWay();
      case 12 -> cluster.leader().ifPresent(this::isolate);
      case 13 -> slowDown(machine);
      case 14 -> machine.pauseFor(between(100, 10_000));
      case 15 -> cluster.leader().ifPresent(leader -> leader.pauseFor(between(100, 5_000)));
      case 16 -> changeClock(machine);
      case 17 -> handOver();
      default -> compact();
    }
  }

  void crash(Machine machine, Process.End how) {
    machine.process().ifPresent(process -> process.end(how));
    startLater(machine);
  }

  private void startLater(Machine machine) {
    long wait = random.nextInt(4) == 0 ? between(5_000, 40_000) : between(10, 3_000);
    cluster.timeline().after(wait, () -> startUnlessDone(machine));
  }

  private void startUnlessDone(Machine machine) {
    if (stopped) {
      return;
    }
    cluster.start(machine);
    if (machine.process().isEmpty()) {
      startLater(machine);
    } else if (random.nextInt(4) == 0) {
      cutPowerLater(machine);
    }
  }

  /** The power fails at some call to the disk that is yet to come. */
  private void cutPowerLater(Machine machine) {
    machine.process().ifPresent(process -> process.disk().cutPowerAfter(random.nextInt(60)));
    watchOver(machine);
  }

  private void failDisk(Machine machine) {
    machine
        .process()
        .ifPresent(process -> process.disk().failAfter(random.nextInt(40), "Input/output error"));
    watchOver(machine);
  }

  /** Sees to it that a machine whose process has ended meanwhile runs again. */
  private void watchOver(Machine machine) {
    cluster.timeline().after(between(1_000, 10_000), () -> startUnlessDone(machine));
  }

  void restartInOrder(Machine machine) {
    machine
        .process()
        .ifPresent(
            process ->
                process.run(
                    () -> {
                      process.member().ifPresent(Member::close);
                      process.end(Process.End.ENDED_ITSELF);
                    }));
    startLater(machine);
  }

  private void powerCutOfAll() {
    cluster.machines().forEach(machine -> crash(machine, Process.End.POWER_CUT));
  }

  private void partition() {
    List<Machine> shuffled = new ArrayList<>(cluster.machines());
    Collections.shuffle(shuffled, new Random(random.nextLong()));
    int size = 1 + random.nextInt(Math.max(1, shuffled.size() - 1));
    for (Machine one : shuffled.subList(0, size)) {
      for (Machine other : shuffled.subList(size, shuffled.size())) {
        cutBothWays(one, other);
      }
    }
    mendLater();
  }

  private void cutBothWays(Machine one, Machine other) {
    cluster.network().cut(one, other);
    cluster.network().cut(other, one);
  }

  private void cutOneWay() {
    Machine from = cluster.anyMachine(random);
    Machine to = cluster.anyMachine(random);
    if (from != to) {
      cluster.network().cut(from, to);
    }
    mendLater();
  }

  private void isolate(Machine machine) {
    for (Machine other : cluster.machines()) {
      if (other != machine) {
        cutBothWays(machine, other);
      }
    }
    mendLater();
  }

  private void slowDown(Machine machine) {
    if (random.nextBoolean()) {
      machine.setDiskSlowness(1 + random.nextInt(200));
      cluster.timeline().after(between(500, 10_000), () -> machine.setDiskSlowness(1));
    } else {
      cluster.network().setLossPerMille(random.nextInt(400));
      cluster.network().setSlowness(1 + random.nextInt(20));
      mendLater();
    }
  }

  private void mendLater() {
    cluster
        .timeline()
        .after(
            between(500, 20_000),
            () -> {
              if (!stopped) {
                cluster.network().mend();
              }
            });
  }

  private void changeClock(Machine machine) {
    if (random.nextBoolean()) {
      double drift = (random.nextDouble() * 2 - 1) * settings.clockDriftPerMille() / 1000;
      machine.setClockSpeed(1 + drift);
    } else {
      long millis = random.nextLong(-3_600_000, 3_600_000);
      machine.jump(millis);
      if (bug == PlantedServerBug.LEASES_BY_WALL_CLOCK) {
        machine.jumpMonotonic(millis);
      }
    }
  }

  private void handOver() {
    cluster
        .leader()
        .ifPresent(
            leader -> {
              List<Member> others = cluster.members();
              Member target = others.get(random.nextInt(others.size()));
              leader
                  .process()
                  .ifPresent(
                      process ->
                          process.run(
                              () ->
                                  process
                                      .member()
                                      .ifPresent(
                                          member ->
                                              member.maintenance().moveLeader(target.memberId()))));
            });
  }

  private void compact() {
    long last = cluster.record().committed.lastRevision();
    long revision = Math.max(2, last - random.nextInt(200));
    if (revision > last) {
      return;
    }
    boolean physical = random.nextInt(3) == 0;
    cluster.record().committed.compactedUpTo(revision);
    cluster
        .anyMachine(random)
        .process()
        .ifPresent(
            process ->
                process.run(
                    () ->
                        process
                            .member()
                            .ifPresent(member -> member.keyValues().compact(revision, physical))));
  }

  private long between(long fromMillis, long toMillis) {
    return random.nextLong(fromMillis, toMillis) * Timeline.MILLI;
  }
}
