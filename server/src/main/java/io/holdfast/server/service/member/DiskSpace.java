package io.holdfast.server.service.member;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.ReservedDisk;
import io.holdfast.server.disk.SpacePlan;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The room on the disks of log and store: how much there is above the watermark, and the reserve
 * for the day when there is none.
 *
 * <p>One thread looks; any asks for the last look.
 */
final class DiskSpace {
  private static final System.Logger LOGGER = System.getLogger(DiskSpace.class.getName());

  private final ReservedDisk disk;
  private final Path walDirectory;
  private final Path storeDirectory;
  private final SpacePlan walPlan;
  private final SpacePlan storePlan;
  private volatile Look last = new Look(Path.of(""), Long.MAX_VALUE, 0);

  private record Look(Path directory, long usableBytes, long watermarkBytes) {
    /** Negative when something is wrong. */
    long spareBytes() {
      return usableBytes - watermarkBytes;
    }
  }

  /**
   * @param reserve where the reserve's file is to be, on the disk of the store
   */
  DiskSpace(Disk machine, Path walDirectory, Path storeDirectory, Path reserve) {
    this.walDirectory = walDirectory;
    this.storeDirectory = storeDirectory;
    this.walPlan = SpacePlan.of(machine.totalBytes(walDirectory));
    this.storePlan = SpacePlan.of(machine.totalBytes(storeDirectory));
    this.disk = new ReservedDisk(machine, reserve, storePlan.reserveBytes());
  }

  /** The disk as log and store are to use it. */
  Disk disk() {
    return disk;
  }

  /** How the disk of the log is divided. */
  SpacePlan walPlan() {
    return walPlan;
  }

  /**
   * Looks at the disks, and sets the reserve aside again when there is plenty of room.
   *
   * @return the bytes above the watermark, of the disk that has fewer; negative when one has none
   */
  long look() {
    Look wal = look(walDirectory, walPlan);
    Look store = look(storeDirectory, storePlan);
    if (store.spareBytes() > 2 * storePlan.reserveBytes() && !disk.isSetAside()) {
      setAside();
    }
    Look worse = wal.spareBytes() < store.spareBytes() ? wal : store;
    if (disk.wasFull() && worse.spareBytes() >= 0) {
      // What was written since the reserve was given back must not look like room.
      worse = new Look(worse.directory(), 0, worse.watermarkBytes());
    }
    last = worse;
    return worse.spareBytes();
  }

  /** Whether there was little more than the watermark at the last look. */
  boolean isShort() {
    return last.spareBytes() < last.watermarkBytes();
  }

  /** What was free at the last look, of the fuller disk. */
  long usableBytes() {
    return last.usableBytes();
  }

  /** What the last look saw, in words. */
  String describe() {
    return "the disk of "
        + last.directory()
        + " has "
        + last.usableBytes()
        + " bytes free, and "
        + last.watermarkBytes()
        + " must stay free";
  }

  private Look look(Path directory, SpacePlan plan) {
    return new Look(directory, disk.usableBytes(directory), plan.watermarkBytes());
  }

  private void setAside() {
    try {
      disk.setAside();
    } catch (IOException e) {
      LOGGER.log(
          System.Logger.Level.WARNING, "cannot set space aside on " + storeDirectory + ": " + e);
    }
  }
}
