package io.holdfast.server.mvcc;

/**
 * Settings of the store that change nothing of what it answers.
 *
 * @param valueCacheBytesMax how many bytes of latest values may be kept in memory; 0 keeps none
 * @param checkpointRecordsMin the index of keys is not written down as long as fewer records have
 *     to be read at a start; an eighth of it when nobody writes
 * @param checkpointStepKeys about how many keys are written down in one step
 */
public record MvccOptions(
    long valueCacheBytesMax, long checkpointRecordsMin, int checkpointStepKeys) {
  private static final long DEFAULT_VALUE_CACHE_BYTES = 64L << 20;

  /** Fewer are read in a tenth of a second. */
  private static final long CHECKPOINT_RECORDS_MIN = 50_000;

  /** Half a millisecond. */
  private static final int CHECKPOINT_STEP_KEYS = 4_000;

  public MvccOptions {
    if (valueCacheBytesMax < 0) {
      throw new IllegalArgumentException(
          "valueCacheBytesMax is " + valueCacheBytesMax + ": give 0 or more");
    }
    if (checkpointRecordsMin < 1) {
      throw new IllegalArgumentException(
          "checkpointRecordsMin is " + checkpointRecordsMin + ": give 1 or more");
    }
    if (checkpointStepKeys < 1) {
      throw new IllegalArgumentException(
          "checkpointStepKeys is " + checkpointStepKeys + ": give 1 or more");
    }
  }

  /** With the usual checkpoints. */
  public MvccOptions(long valueCacheBytesMax) {
    this(valueCacheBytesMax, CHECKPOINT_RECORDS_MIN, CHECKPOINT_STEP_KEYS);
  }

  /** 64 MiB of values, or a quarter of the heap where that is less. */
  public static MvccOptions defaults() {
    return new MvccOptions(
        Math.min(DEFAULT_VALUE_CACHE_BYTES, Runtime.getRuntime().maxMemory() / 4));
  }

  public MvccOptions withCheckpoints(long recordsMin, int stepKeys) {
    return new MvccOptions(valueCacheBytesMax, recordsMin, stepKeys);
  }
}
