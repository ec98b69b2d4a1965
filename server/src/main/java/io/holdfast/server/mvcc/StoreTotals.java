package io.holdfast.server.mvcc;

import java.util.concurrent.atomic.LongAdder;

/**
 * How often this member's store was used since it was opened. Counted as etcd counts: a deletion is
 * one however many keys it removes, and a transaction is counted as such when it does more than one
 * thing. Commands of the log are counted on every member, reads where they are served. Thread-safe;
 * a sum that is read while others count may miss the latest.
 */
public final class StoreTotals {
  private final LongAdder ranges = new LongAdder();
  private final LongAdder puts = new LongAdder();
  private final LongAdder putBytes = new LongAdder();
  private final LongAdder deletes = new LongAdder();
  private final LongAdder txns = new LongAdder();
  private final LongAdder compacted = new LongAdder();

  StoreTotals() {}

  void countRange() {
    ranges.increment();
  }

  /** One transaction has ended. */
  void countTxn(int rangesDone, int putsDone, long bytesPut, int deletesDone) {
    ranges.add(rangesDone);
    puts.add(putsDone);
    putBytes.add(bytesPut);
    deletes.add(deletesDone);
    if (rangesDone + putsDone + deletesDone > 1) {
      txns.increment();
    }
  }

  /** A record that a compaction had made unreadable was removed. */
  void countCompacted() {
    compacted.increment();
  }

  /** Reads of ranges, those within transactions too. */
  public long ranges() {
    return ranges.sum();
  }

  /** Puts, those within transactions too. */
  public long puts() {
    return puts.sum();
  }

  /** Bytes of the keys and values put. */
  public long putBytes() {
    return putBytes.sum();
  }

  /** Deletions of ranges, those within transactions and of leases' keys too. */
  public long deletes() {
    return deletes.sum();
  }

  /** Records removed because a compaction had made them unreadable. */
  public long compacted() {
    return compacted.sum();
  }

  /** Transactions that did more than one thing. */
  public long txns() {
    return txns.sum();
  }
}
