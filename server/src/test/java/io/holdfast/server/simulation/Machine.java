package io.holdfast.server.simulation;

import io.holdfast.server.disk.SetAside;
import io.holdfast.server.disk.SimulatedDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** A computer: its disk and clocks outlive the processes that run on it one after the other. */
final class Machine {
  static final Path ROOT = Path.of("/holdfast");
  private static final Path WAL = ROOT.resolve("data/member/wal");
  private static final Path SNAP = ROOT.resolve("data/member/snap");

  /** The store of the member that runs here. */
  static final Path STORE = SNAP.resolve("db");

  private final int number;
  private final Timeline timeline;
  private final SplittableRandom random;
  private SimulatedDisk disk = new SimulatedDisk(ROOT);
  private Optional<Process> process = Optional.empty();
  private double clockSpeed = 1;
  private long clockBase;
  private long clockBaseAt;
  private long wallOffsetMillis = 1_600_000_000_000L;
  private long pausedUntil;
  private int diskSlowness = 1;
  private boolean diskBad;
  private long capacityBytes = Long.MAX_VALUE;
  private long foreignBytes;
  private long quotaBytes;
  private boolean awaitsMembership;
  private boolean joiner;
  private boolean started;
  private boolean retired;

  Machine(int number, Timeline timeline, SplittableRandom random) {
    this.number = number;
    this.timeline = timeline;
    this.random = random;
    this.clockBase = random.nextLong(1_000 * Timeline.SECOND);
  }

  /** One that is not to run before the cluster has taken its member in. */
  static Machine joining(int number, Timeline timeline, SplittableRandom random) {
    Machine machine = new Machine(number, timeline, random);
    machine.joiner = true;
    machine.awaitsMembership = true;
    return machine;
  }

  /** Whether its member came after the founding. */
  boolean isJoiner() {
    return joiner;
  }

  boolean awaitsMembership() {
    return awaitsMembership;
  }

  /** Its member was added. */
  void admit() {
    awaitsMembership = false;
  }

  /** Whether its member has ever come up. */
  boolean hasStarted() {
    return started;
  }

  /** Whether its member is gone for good. */
  boolean isRetired() {
    return retired;
  }

  void retire() {
    retired = true;
  }

  /** Puts an empty disk in the place of the one that was lost. */
  void replaceDisk() {
    disk = new SimulatedDisk(ROOT);
  }

  /** Whether its disk has lost something: its member may end itself, to be repaired. */
  boolean isDiskBad() {
    return diskBad;
  }

  void spoilDisk() {
    diskBad = true;
  }

  /** Bounds the disk; without this it is never full. */
  void setCapacity(long bytes) {
    capacityBytes = bytes;
  }

  long capacityBytes() {
    return capacityBytes;
  }

  /** How much of the disk others than the member have taken. */
  void setForeignBytes(long bytes) {
    foreignBytes = bytes;
  }

  /** Whether somebody else has filled the disk. */
  boolean isCrowded() {
    return foreignBytes > 0;
  }

  /** What can still be written. */
  long freeBytes() {
    return capacityBytes == Long.MAX_VALUE
        ? Long.MAX_VALUE
        : Math.max(0, capacityBytes - foreignBytes - disk.usedBytes());
  }

  /** What the member is told of its store's largest size at the next start; 0 for nothing. */
  long quotaBytes() {
    return quotaBytes;
  }

  void setQuota(long bytes) {
    quotaBytes = bytes;
  }

  /** The files that its member took for damaged. */
  List<String> setAside() {
    try {
      List<String> found = new ArrayList<>();
      for (Path directory : List.of(WAL, SNAP)) {
        if (disk.exists(directory)) {
          disk.list(directory).stream().filter(SetAside::isSetAside).forEach(found::add);
        }
      }
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int number() {
    return number;
  }

  String name() {
    return "m" + number;
  }

  Timeline timeline() {
    return timeline;
  }

  SplittableRandom random() {
    return random;
  }

  SimulatedDisk disk() {
    return disk;
  }

  /** The process that runs here now. */
  Optional<Process> process() {
    return process;
  }

  void run(Process begun) {
    process = Optional.of(begun);
  }

  /** The member on it has come up. */
  void startedUp() {
    started = true;
  }

  /** The process is gone; what it left on the disk depends on how. */
  void ended(Process.End how) {
    timeline.trace("end " + how, number, 0);
    process.ifPresent(ended -> ended.disk().bringHome());
    process = Optional.empty();
    pausedUntil = 0;
    disk = how == Process.End.POWER_CUT ? disk.powerCut(random) : disk.processKill();
  }

  /** The monotonic clock's reading. */
  long nanoTime() {
    return clockBase + (long) ((timeline.now() - clockBaseAt) * clockSpeed);
  }

  long wallMillis() {
    return wallOffsetMillis + timeline.now() / Timeline.MILLI;
  }

  /**
   * How long a span of this machine's clock takes; never less, or who waits would wait for ever.
   */
  long toTimeline(long nanos) {
    return (long) Math.ceil(Math.min(nanos, 1L << 60) / clockSpeed) + 1;
  }

  void setClockSpeed(double speed) {
    clockBase = nanoTime();
    clockBaseAt = timeline.now();
    clockSpeed = speed;
  }

  /** The machine's date is set to something else. */
  void jump(long millis) {
    wallOffsetMillis += millis;
  }

  /** The monotonic clock follows a change of the date: what it must never do. */
  void jumpMonotonic(long millis) {
    clockBase += millis * Timeline.MILLI;
  }

  void pauseFor(long nanos) {
    pausedUntil = timeline.now() + nanos;
  }

  long pausedFor() {
    return Math.max(0, pausedUntil - timeline.now());
  }

  int diskSlowness() {
    return diskSlowness;
  }

  void setDiskSlowness(int factor) {
    diskSlowness = factor;
  }

  @Override
  public String toString() {
    return name();
  }
}
