package io.holdfast.server.service.member;

/**
 * How a member looks for damage before somebody meets it.
 *
 * @param corruptCheckMillis how often the leader compares the members' data; 0 = never
 * @param compactHashCheck whether the leader compares them after each compaction too
 * @param compactHashCheckMillis how often the leader looks whether there was a compaction
 * @param initialCorruptCheck whether a member compares itself with the others before it is ready
 * @param scrubBytesPerSecond how fast files are read again to verify their checksums; 0 = never
 * @param scrubIntervalMillis the pause between two passes over all files
 */
public record IntegrityOptions(
    long corruptCheckMillis,
    boolean compactHashCheck,
    long compactHashCheckMillis,
    boolean initialCorruptCheck,
    long scrubBytesPerSecond,
    long scrubIntervalMillis) {
  public IntegrityOptions {
    if (corruptCheckMillis < 0
        || compactHashCheckMillis <= 0
        || scrubBytesPerSecond < 0
        || scrubIntervalMillis <= 0) {
      throw new IllegalArgumentException("a time or a rate below its minimum");
    }
  }

  /** Every 10 minutes and after compactions; 4 MiB a second, with an hour between passes. */
  public static IntegrityOptions defaults() {
    return new IntegrityOptions(600_000, true, 60_000, false, 4L << 20, 3_600_000);
  }

  /** The same, compared at another interval. */
  public IntegrityOptions withCorruptCheckMillis(long millis) {
    return new IntegrityOptions(
        millis,
        compactHashCheck,
        compactHashCheckMillis,
        initialCorruptCheck,
        scrubBytesPerSecond,
        scrubIntervalMillis);
  }

  /** The same, looking for compactions at another interval. */
  public IntegrityOptions withCompactHashCheckMillis(long millis) {
    return new IntegrityOptions(
        corruptCheckMillis,
        compactHashCheck,
        millis,
        initialCorruptCheck,
        scrubBytesPerSecond,
        scrubIntervalMillis);
  }

  /** The same, scrubbed otherwise. */
  public IntegrityOptions withScrubbing(long bytesPerSecond, long intervalMillis) {
    return new IntegrityOptions(
        corruptCheckMillis,
        compactHashCheck,
        compactHashCheckMillis,
        initialCorruptCheck,
        bytesPerSecond,
        intervalMillis);
  }

  /** The same, with or without a comparison before the member is ready. */
  public IntegrityOptions withInitialCorruptCheck(boolean wanted) {
    return new IntegrityOptions(
        corruptCheckMillis,
        compactHashCheck,
        compactHashCheckMillis,
        wanted,
        scrubBytesPerSecond,
        scrubIntervalMillis);
  }
}
