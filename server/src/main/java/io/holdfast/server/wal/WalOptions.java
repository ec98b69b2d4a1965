package io.holdfast.server.wal;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.RealDisk;
import java.util.Objects;

/**
 * How a log lays out its files.
 *
 * <p>The first segment is small, so that a fresh member starts at once; each further one is four
 * times as large until {@code segmentBytesMax}. A segment is filled ahead on a background thread
 * and taken at the size it has reached when it is needed early, so no write waits for more than one
 * step.
 *
 * @param disk where the files are
 * @param segmentBytesMax size of a full-grown segment in bytes; a larger record gets a larger one
 * @param segmentBytesFirst size of the first segment in bytes
 * @param fillStepBytes how much is zero-filled and synced at a time; a multiple of 512
 * @param fillInline fill on the calling thread instead of a background thread: no thread of its
 *     own, so a simulation repeats exactly
 * @param listener told of each batch that is written
 */
public record WalOptions(
    Disk disk,
    long segmentBytesMax,
    long segmentBytesFirst,
    int fillStepBytes,
    boolean fillInline,
    BatchListener listener) {
  private static final int MIB = 1 << 20;

  public WalOptions {
    Objects.requireNonNull(disk, "disk");
    Objects.requireNonNull(listener, "listener");
    if (fillStepBytes < Format.SECTOR_BYTES || fillStepBytes % Format.SECTOR_BYTES != 0) {
      throw new IllegalArgumentException(
          "fillStepBytes must be a positive multiple of 512: " + fillStepBytes);
    }
    if (segmentBytesFirst < Format.SEGMENT_BYTES_MIN || segmentBytesMax < segmentBytesFirst) {
      throw new IllegalArgumentException(
          "segments must grow from at least "
              + Format.SEGMENT_BYTES_MIN
              + " bytes: "
              + segmentBytesFirst
              + " to "
              + segmentBytesMax);
    }
  }

  /** 64 MiB segments on the real disk, the first of 4 MiB, filled in steps of 1 MiB. */
  public static WalOptions defaults() {
    return new WalOptions(new RealDisk(), 64L * MIB, 4L * MIB, MIB, false, BatchListener.NOBODY);
  }

  public WalOptions withDisk(Disk newDisk) {
    return new WalOptions(
        newDisk, segmentBytesMax, segmentBytesFirst, fillStepBytes, fillInline, listener);
  }

  /** Segments of at most this size; the first one and the steps shrink with them. */
  public WalOptions withSegmentBytesMax(long newSegmentBytesMax) {
    long first = Math.min(segmentBytesFirst, newSegmentBytesMax);
    int step = (int) Math.min(fillStepBytes, first / Format.SECTOR_BYTES * Format.SECTOR_BYTES);
    return new WalOptions(disk, newSegmentBytesMax, first, step, fillInline, listener);
  }

  public WalOptions withFillInline(boolean newFillInline) {
    return new WalOptions(
        disk, segmentBytesMax, segmentBytesFirst, fillStepBytes, newFillInline, listener);
  }

  public WalOptions withListener(BatchListener newListener) {
    return new WalOptions(
        disk, segmentBytesMax, segmentBytesFirst, fillStepBytes, fillInline, newListener);
  }
}
