package io.holdfast.server.backend;

/**
 * How many records a bucket holds and the sum of their checksums. It is stored with every commit:
 * records that are lost, doubled or from an older version of the bucket each carry a valid checksum
 * of their own, but the sum gives them away. Written by the writing thread alone.
 */
final class Tally {
  private long count;
  private long checksumSum;

  void add(int checksum) {
    count++;
    checksumSum += Integer.toUnsignedLong(checksum);
  }

  void subtract(int checksum) {
    count--;
    checksumSum -= Integer.toUnsignedLong(checksum);
  }

  void reset(long newCount, long newChecksumSum) {
    count = newCount;
    checksumSum = newChecksumSum;
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
