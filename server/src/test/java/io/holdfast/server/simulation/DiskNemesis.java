package io.holdfast.server.simulation;

import io.holdfast.server.alarm.AlarmType;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.disk.SetAside;
import io.holdfast.server.disk.SimulatedDisk;
import io.holdfast.server.service.member.IntegrityOptions;
import io.holdfast.server.service.member.Member;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * What goes wrong with disks beyond power cuts and refused calls: bits that turn around where they
 * lie, writes that land elsewhere in their file, and somebody else who fills the disk; besides
 * members that are told to make do with a small store. Only a minority of disks loses anything in
 * one storm, as the members can give back only what a majority still has.
 *
 * <p>It is an operator too: starts again what ended to be repaired, clears away what was set aside,
 * and disarms alarms of want of space once there is room.
 */
final class DiskNemesis {
  static final int SECTOR_BYTES = 512;
  static final long CAPACITY_BYTES = 64 << 20;

  private static final Path MEMBER = Machine.ROOT.resolve("data").resolve("member");
  private static final Path WAL = MEMBER.resolve("wal");
  private static final Path SNAP = MEMBER.resolve("snap");

  /** The member's own room for the day when there is none. */
  static final Path RESERVE = MEMBER.resolve("reserve");

  /** Damage is looked for so often that a storm has time to see it. */
  static final IntegrityOptions INTEGRITY =
      IntegrityOptions.defaults()
          .withCorruptCheckMillis(15_000)
          .withCompactHashCheckMillis(5_000)
          .withScrubbing(64 << 20, 20_000);

  private static final int ROT_BITS_MAX = 4;
  private static final int SET_ASIDE_MAX = 4;

  private final Cluster cluster;
  private final Nemesis nemesis;
  private final SplittableRandom random;
  private List<Machine> spoilt = List.of();
  private boolean stopped;
  private boolean disarms;

  DiskNemesis(Cluster cluster, Nemesis nemesis, SplittableRandom random) {
    this.cluster = cluster;
    this.nemesis = nemesis;
    this.random = random;
  }

  /** Whether a file is one of those that are written all the time. */
  static boolean isHolding(Path file) {
    return file.startsWith(WAL) || file.endsWith("db");
  }

  /** Chooses the disks that lose something from now on. */
  void start() {
    stopped = false;
    List<Machine> shuffled = new ArrayList<>(cluster.machines());
    Collections.shuffle(shuffled, new Random(random.nextLong()));
    spoilt = shuffled.subList(0, (shuffled.size() - 1) / 2);
    if (!disarms) {
      disarms = true;
      disarm();
    }
  }

  /** There is room again, and what was damaged is to be found. */
  void rest() {
    stopped = true;
    for (Machine machine : cluster.machines()) {
      machine.setForeignBytes(0);
      if (machine.quotaBytes() > 0 || machine.isDiskBad()) {
        machine.setQuota(0);
        nemesis.restartInOrder(machine);
      }
    }
  }

  void strike() {
    int dice = random.nextInt(10);
    if (dice < 6 && spoilt.isEmpty()) {
      fill(cluster.anyMachine(random));
      return;
    }
    switch (dice) {
      case 0, 1 -> rot(file(SNAP, "db"));
      case 2 -> rot(file(WAL, ".wal"));
      case 3 -> rot(file(SNAP, ""));
      case 4, 5 -> stray();
      case 6 -> tighten(cluster.anyMachine(random));
      default -> fill(cluster.anyMachine(random));
    }
  }

  private Machine spoiltMachine() {
    return spoilt.get(random.nextInt(spoilt.size()));
  }

  private record Place(Machine machine, Path file) {}

  private Optional<Place> file(Path directory, String ending) {
    Machine machine = spoiltMachine();
    try {
      SimulatedDisk disk = machine.disk();
      List<String> names =
          disk.exists(directory)
              ? disk.list(directory).stream()
                  .filter(name -> name.endsWith(ending) && !SetAside.isSetAside(name))
                  .filter(name -> !name.equals("db-synced"))
                  .toList()
              : List.of();
      return names.isEmpty()
          ? Optional.empty()
          : Optional.of(
              new Place(machine, directory.resolve(names.get(random.nextInt(names.size())))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void rot(Optional<Place> somewhere) {
    somewhere.ifPresent(this::rot);
  }

  private void rot(Place place) {
    Machine machine = place.machine();
    try {
      int bytes = machine.disk().content(place.file()).length;
      int bits = 1 + random.nextInt(ROT_BITS_MAX);
      for (int i = 0; i < bits && bytes > 0; i++) {
        machine.disk().flipBit(place.file(), random.nextLong((long) bytes * Byte.SIZE));
      }
      machine.spoilDisk();
      cluster.record().deed("bits of " + place.file().getParent().getFileName() + " turned");
      cluster.timeline().trace("rot " + place.file().getFileName(), machine.number(), bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    watchOver(machine);
  }

  private void stray() {
    Machine machine = spoiltMachine();
    machine
        .process()
        .ifPresent(process -> process.disk().strayAfter(random.nextInt(40), random.split()));
    watchOver(machine);
  }

  /** Half of the time a start soon finds what was lost, half of the time somebody else has to. */
  private void watchOver(Machine machine) {
    boolean crashes = random.nextBoolean();
    cluster
        .timeline()
        .after(
            random.nextLong(8_000) * Timeline.MILLI,
            () -> {
              if (!stopped && (crashes || machine.process().isEmpty())) {
                nemesis.crash(machine, Process.End.KILLED);
              }
            });
  }

  private void tighten(Machine machine) {
    machine.setQuota(machine.quotaBytes() > 0 ? 0 : 2_000 + random.nextInt(20_000));
    nemesis.restartInOrder(machine);
  }

  private void fill(Machine machine) {
    long left = random.nextInt(3) == 0 ? 0 : random.nextInt(6 << 20);
    machine.setForeignBytes(Math.max(1, machine.freeBytes() - left));
    cluster.timeline().trace("fill", machine.number(), left);
    cluster
        .timeline()
        .after(
            random.nextLong(15_000) * Timeline.MILLI,
            () -> {
              machine.setForeignBytes(0);
              if (!stopped && machine.process().isEmpty()) {
                nemesis.crash(machine, Process.End.KILLED);
              }
            });
  }

  /** Disarms alarms of members that have room again, by and by. */
  private void disarm() {
    cluster
        .anyMachine(random)
        .process()
        .ifPresent(process -> process.run(() -> process.member().ifPresent(this::disarm)));
    cluster.timeline().after(2 * Timeline.SECOND, this::disarm);
  }

  private void disarm(Member member) {
    member.maintenance().knownAlarms().stream()
        .filter(alarm -> alarm.type() == AlarmType.NO_SPACE)
        .filter(alarm -> hasRoom(alarm.memberId()))
        .forEach(
            alarm -> {
              cluster.record().deed("alarm NOSPACE disarmed");
              member.maintenance().setAlarm(Caller.ANONYMOUS, alarm, false);
            });
  }

  private boolean hasRoom(long memberId) {
    Machine machine = cluster.network().machine(memberId);
    return machine != null && !machine.isCrowded();
  }

  /**
   * Whether members whose disks lost something are whole again, and have read all they hold since
   * they were started.
   */
  static boolean isAllRead(Cluster cluster) {
    return cluster.machines().stream()
        .filter(Machine::isDiskBad)
        .allMatch(
            machine ->
                machine
                    .process()
                    .flatMap(Process::member)
                    .map(member -> member.counters().integrity())
                    .map(found -> found.scrubPassesTotal() > 0 && !found.repairing())
                    .orElse(false));
  }

  /** Clears away what a member has set aside, before it has repaired itself too often. */
  static void tidy(Machine machine) {
    List<Path> aside = setAside(machine);
    if (aside.size() <= SET_ASIDE_MAX) {
      return;
    }
    try {
      for (Path file : aside) {
        machine.disk().delete(file);
      }
      machine.disk().syncDirectory(WAL);
      machine.disk().syncDirectory(SNAP);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The files that a member found damaged and keeps out of the way. */
  static List<Path> setAside(Machine machine) {
    SimulatedDisk disk = machine.disk();
    List<Path> files = new ArrayList<>();
    try {
      for (Path directory : List.of(WAL, SNAP)) {
        if (machine.isDiskBad() && disk.exists(directory)) {
          disk.list(directory).stream()
              .filter(SetAside::isSetAside)
              .forEach(name -> files.add(directory.resolve(name)));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }
}
