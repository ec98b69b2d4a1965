package io.holdfast.server.backend;

/**
 * How many records a bucket holds and the sum of their checksums. It is stored with every commit:
 * records that are lost, doubled or from an older version of the bucket each carry a valid checksum
 * of their own, but the sum gives them away. Written by the writing thread alone; the bytes are
 * read by any.
 */
final class Tally {
  private static final int RECORD_OVERHEAD_BYTES = 16;

  private long count;
  private long checksumSum;
  private volatile long bytes;

  static Tally of(long count, long checksumSum, long bytes) {
    Tally tally = new Tally();
    tally.reset(count, checksumSum);
    tally.bytes = bytes;
    return tally;
  }

  void add(int checksum, int recordBytes) {
    count++;
    bytes = bytes + RECORD_OVERHEAD_BYTES + recordBytes;
    checksumSum += Integer.toUnsignedLong(checksum);
  }

  /** Takes over what was counted of another part of the records. */
  void add(Tally part) {
    count += part.count;
    bytes = bytes + part.bytes;
    checksumSum += part.checksumSum;
  }

  void subtract(int checksum, int recordBytes) {
    count--;
    bytes = bytes - RECORD_OVERHEAD_BYTES - recordBytes;
    checksumSum -= Integer.toUnsignedLong(checksum);
  }

  /** Takes over what was counted while the records were read. */
  void reset(Tally counted) {
    reset(counted.count, counted.checksumSum);
    bytes = counted.bytes;
  }

  void reset(long newCount, long newChecksumSum) {
    count = newCount;
    checksumSum = newChecksumSum;
  }

  /**
   * What the records take, about: keys, values and a round figure for each. Not stored: counted
   * whenever the records are read through. Any thread.
   */
  long bytes() {
    return bytes;
  }

  long count() {
    return count;
  }

  long checksumSum() {
    return checksumSum;
  }

  boolean matches(Tally other) {
    return count == other.count && checksumSum == other.checksumSum;
  }
}
