package io.holdfast.compatibility;

/**
 * Numbers in scripts and in compared answers that stand for something only the run knows, such as
 * "two revisions before the present one". They keep a script's meaning when steps are taken out of
 * it, and make answers comparable when the two stores began at different revisions.
 *
 * <p>A symbol is a kind, a multiple of 10^12, plus an offset.
 */
final class Symbols {
  static final long UNIT = 1_000_000_000_000L;

  /** The revision at which the script began; the offset is added. */
  static final long BASE = UNIT;

  /** The revision of the newest answer; the offset is added. */
  static final long NOW = 2 * UNIT;

  /** The revision of the script's last compaction; the offset is added. */
  static final long COMPACTED = 3 * UNIT;

  /** The lease that the store itself has numbered; the offset counts them from 0. */
  static final long CHOSEN_LEASE = 4 * UNIT;

  /** The member that is asked. */
  static final long OWN_MEMBER = 5 * UNIT;

  /** There is no revision before it: symbols that would mean one mean this. */
  static final long FIRST_REVISION = 1;

  static final String LEGEND =
      "# 1000000000000 + n: the revision at which the script began, + n\n"
          + "# 2000000000000 + n: the newest revision known, + n\n"
          + "# 3000000000000 + n: the revision of the last compaction, + n\n"
          + "# 4000000000000 + n: the lease, from 0, that the store chose the id of\n"
          + "# 5000000000000: the member asked\n";

  private static final long KINDS = 5;

  private Symbols() {}

  /** The symbol's kind; 0 for a plain number. */
  static long kind(long number) {
    long kind = Math.floorDiv(number + UNIT / 2, UNIT);
    return kind >= 1 && kind <= KINDS ? kind * UNIT : 0;
  }

  static long offset(long symbol) {
    return symbol - kind(symbol);
  }
}
