package io.holdfast.driver;

import java.util.Objects;
import java.util.Optional;

/**
 * A read of a range of keys. Immutable: each method answers a changed copy.
 *
 * <p>Reads the latest revision, all keys, with values, in the order of the keys, unless told
 * otherwise.
 */
public final class RangeRequest implements Operation {
  /** What the answer is sorted by. */
  public enum SortTarget {
    /** The key's bytes. */
    KEY,
    /** How often the key was written. */
    VERSION,
    /** The revision of the key's creation. */
    CREATE_REVISION,
    /** The revision of the key's last change. */
    MOD_REVISION,
    /** The value's bytes. */
    VALUE
  }

  /** The direction of sorting. */
  public enum SortOrder {
    /** Smallest first. */
    ASCENDING,
    /** Largest first. */
    DESCENDING
  }

  private final KeyRange range;
  private long limit;
  private long revision;
  private Optional<SortTarget> sortTarget = Optional.empty();
  private SortOrder sortOrder = SortOrder.ASCENDING;
  private boolean keysOnly;
  private boolean countOnly;
  private Optional<Consistency> consistency = Optional.empty();
  private long modRevisionMin;
  private long modRevisionMax;
  private long createRevisionMin;
  private long createRevisionMax;

  private RangeRequest(KeyRange range) {
    this.range = Objects.requireNonNull(range, "range");
  }

  /** Reads {@code range}. */
  public static RangeRequest of(KeyRange range) {
    return new RangeRequest(range);
  }

  private RangeRequest copy() {
    return over(range);
  }

  /** The same request over another range. */
  public RangeRequest over(KeyRange other) {
    RangeRequest copy = new RangeRequest(other);
    copy.limit = limit;
    copy.revision = revision;
    copy.sortTarget = sortTarget;
    copy.sortOrder = sortOrder;
    copy.keysOnly = keysOnly;
    copy.countOnly = countOnly;
    copy.consistency = consistency;
    copy.modRevisionMin = modRevisionMin;
    copy.modRevisionMax = modRevisionMax;
    copy.createRevisionMin = createRevisionMin;
    copy.createRevisionMax = createRevisionMax;
    return copy;
  }

  /** At most this many keys; 0 for all. */
  public RangeRequest limit(long keysMax) {
    RangeRequest copy = copy();
    copy.limit = notNegative("limit", keysMax);
    return copy;
  }

  /** Reads the store as it was at {@code revision}; 0 for the latest. */
  public RangeRequest atRevision(long atRevision) {
    RangeRequest copy = copy();
    copy.revision = notNegative("revision", atRevision);
    return copy;
  }

  /** Sorts on the server, before the limit is applied. */
  public RangeRequest sortBy(SortTarget target, SortOrder order) {
    RangeRequest copy = copy();
    copy.sortTarget = Optional.of(target);
    copy.sortOrder = Objects.requireNonNull(order, "order");
    return copy;
  }

  /** Leaves the values out. */
  public RangeRequest keysOnly() {
    RangeRequest copy = copy();
    copy.keysOnly = true;
    return copy;
  }

  /** Answers only how many keys there are. */
  public RangeRequest countOnly() {
    RangeRequest copy = copy();
    copy.countOnly = true;
    return copy;
  }

  /** Overrides the connection's consistency for this read. */
  public RangeRequest consistency(Consistency wanted) {
    RangeRequest copy = copy();
    copy.consistency = Optional.of(wanted);
    return copy;
  }

  /** Only keys last changed within these revisions, both included; 0 for no bound. */
  public RangeRequest modRevisionBetween(long min, long max) {
    RangeRequest copy = copy();
    copy.modRevisionMin = notNegative("modRevisionMin", min);
    copy.modRevisionMax = notNegative("modRevisionMax", max);
    return copy;
  }

  /** Only keys created within these revisions, both included; 0 for no bound. */
  public RangeRequest createRevisionBetween(long min, long max) {
    RangeRequest copy = copy();
    copy.createRevisionMin = notNegative("createRevisionMin", min);
    copy.createRevisionMax = notNegative("createRevisionMax", max);
    return copy;
  }

  /** The keys to read. */
  public KeyRange range() {
    return range;
  }

  /** The most keys to answer; 0 for all. */
  public long limit() {
    return limit;
  }

  /** The revision to read at; 0 for the latest. */
  public long revision() {
    return revision;
  }

  /** What to sort by, if the order of the keys will not do. */
  public Optional<SortTarget> sortTarget() {
    return sortTarget;
  }

  /** The direction of sorting. */
  public SortOrder sortOrder() {
    return sortOrder;
  }

  /** Whether values are left out. */
  public boolean isKeysOnly() {
    return keysOnly;
  }

  /** Whether only the count is wanted. */
  public boolean isCountOnly() {
    return countOnly;
  }

  /** This read's own consistency, if it differs from the connection's. */
  public Optional<Consistency> consistency() {
    return consistency;
  }

  /** The least revision of the last change; 0 for none. */
  public long modRevisionMin() {
    return modRevisionMin;
  }

  /** The greatest revision of the last change; 0 for none. */
  public long modRevisionMax() {
    return modRevisionMax;
  }

  /** The least revision of the creation; 0 for none. */
  public long createRevisionMin() {
    return createRevisionMin;
  }

  /** The greatest revision of the creation; 0 for none. */
  public long createRevisionMax() {
    return createRevisionMax;
  }

  private static long notNegative(String name, long value) {
    if (value < 0) {
      throw HoldfastException.invalidArgument(name + " must not be negative, but is " + value);
    }
    return value;
  }
}
