package io.holdfast.server.disk;

/**
 * How a member divides a disk, by its size. On a usual disk all are at their upper bounds; on a
 * very small one they shrink with it, so that log, store and what is kept free fit beside each
 * other.
 *
 * @param watermarkBytes what must stay free: below it nothing more is taken in
 * @param reserveBytes what a file of the member's own keeps occupied, to be given back when the
 *     disk is full all the same
 * @param segmentBytesMax the largest segment of the log
 * @param logBytesMax how much of the log may gather before the state is made durable and the log is
 *     cut
 */
public record SpacePlan(
    long watermarkBytes, long reserveBytes, long segmentBytesMax, long logBytesMax) {
  private static final long MIB = 1L << 20;

  /**
   * @param totalBytes the size of the disk; {@link Long#MAX_VALUE} for one that is never full
   */
  public static SpacePlan of(long totalBytes) {
    if (totalBytes == Long.MAX_VALUE) {
      return new SpacePlan(0, 0, Long.MAX_VALUE, Long.MAX_VALUE);
    }
    return new SpacePlan(
        between(4 * MIB, totalBytes / 16, 64 * MIB),
        between(MIB, totalBytes / 64, 4 * MIB),
        between(MIB, totalBytes / 32, 64 * MIB),
        between(2 * MIB, totalBytes / 16, 64 * MIB));
  }

  private static long between(long least, long value, long most) {
    return Math.max(least, Math.min(value, most));
  }
}
