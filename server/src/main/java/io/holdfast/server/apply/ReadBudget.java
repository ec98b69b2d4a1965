package io.holdfast.server.apply;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.mvcc.ResultMeter;

/**
 * How much a command that writes may read into memory: pairs for its answer, or to compare with.
 *
 * <p>Every member executes the command and must come to the same end, so the bound is one number,
 * and what is counted follows from the state and the command alone: lengths of keys and values, and
 * a round figure for each pair. The memory there is plays no part, unlike for reads outside the
 * log.
 */
final class ReadBudget implements ResultMeter {
  /** Part of what a command means: another number would be another state machine. */
  static final long BYTES_MAX = 32L << 20;

  private final long bytesMax;
  private long bytes;

  ReadBudget(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /**
   * @throws io.holdfast.server.error.StoreException WRITE_READS_TOO_MUCH
   */
  @Override
  public void add(long more) {
    bytes += more;
    if (bytes > bytesMax) {
      throw EtcdError.WRITE_READS_TOO_MUCH.asException();
    }
  }

  /** What was read so far. */
  long bytes() {
    return bytes;
  }
}
