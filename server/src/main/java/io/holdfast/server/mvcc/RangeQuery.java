package io.holdfast.server.mvcc;

import java.util.Objects;

/**
 * A question about a range of keys, with all of etcd's options.
 *
 * @param range the keys asked for
 * @param revision read at this revision; 0 or less reads the latest
 * @param limit at most so many keys, 0 or less for all; applied after filters and sorting
 * @param order see {@link SortOrder}
 * @param target see {@link SortTarget}
 * @param keysOnly leave the values out; the lease is then 0 unless sorted by value
 * @param countOnly leave the keys out too
 * @param minModRevision keep only keys modified at or after this revision; 0 keeps all
 * @param maxModRevision keep only keys modified at or before this revision; 0 keeps all
 * @param minCreateRevision keep only keys created at or after this revision; 0 keeps all
 * @param maxCreateRevision keep only keys created at or before this revision; 0 keeps all
 */
public record RangeQuery(
    KeyRange range,
    long revision,
    long limit,
    SortOrder order,
    SortTarget target,
    boolean keysOnly,
    boolean countOnly,
    long minModRevision,
    long maxModRevision,
    long minCreateRevision,
    long maxCreateRevision) {

  public RangeQuery {
    Objects.requireNonNull(range, "range");
    Objects.requireNonNull(order, "order");
    Objects.requireNonNull(target, "target");
  }

  /** All keys of the range with their values, latest revision, in key order. */
  public static RangeQuery of(KeyRange range) {
    return new RangeQuery(range, 0, 0, SortOrder.NONE, SortTarget.KEY, false, false, 0, 0, 0, 0);
  }

  public static Builder builder(KeyRange range) {
    return new Builder(range);
  }

  public boolean hasRevisionFilters() {
    return minModRevision != 0
        || maxModRevision != 0
        || minCreateRevision != 0
        || maxCreateRevision != 0;
  }

  /** Whether the index's own order is the order asked for. */
  public boolean isInKeyOrder() {
    return target == SortTarget.KEY && order != SortOrder.DESCEND;
  }

  boolean accepts(long modRevision, long createRevision) {
    return (maxModRevision == 0 || modRevision <= maxModRevision)
        && (minModRevision == 0 || modRevision >= minModRevision)
        && (maxCreateRevision == 0 || createRevision <= maxCreateRevision)
        && (minCreateRevision == 0 || createRevision >= minCreateRevision);
  }

  /** Collects the options that differ from the plain question. Not thread-safe. */
  public static final class Builder {
    private final KeyRange range;
    private long revision;
    private long limit;
    private SortOrder order = SortOrder.NONE;
    private SortTarget target = SortTarget.KEY;
    private boolean keysOnly;
    private boolean countOnly;
    private long minModRevision;
    private long maxModRevision;
    private long minCreateRevision;
    private long maxCreateRevision;

    private Builder(KeyRange range) {
      this.range = range;
    }

    public Builder revision(long value) {
      revision = value;
      return this;
    }

    public Builder limit(long value) {
      limit = value;
      return this;
    }

    public Builder sort(SortTarget by, SortOrder in) {
      target = by;
      order = in;
      return this;
    }

    public Builder keysOnly(boolean value) {
      keysOnly = value;
      return this;
    }

    public Builder countOnly(boolean value) {
      countOnly = value;
      return this;
    }

    public Builder minModRevision(long value) {
      minModRevision = value;
      return this;
    }

    public Builder maxModRevision(long value) {
      maxModRevision = value;
      return this;
    }

    public Builder minCreateRevision(long value) {
      minCreateRevision = value;
      return this;
    }

    public Builder maxCreateRevision(long value) {
      maxCreateRevision = value;
      return this;
    }

    public RangeQuery build() {
      return new RangeQuery(
          range,
          revision,
          limit,
          order,
          target,
          keysOnly,
          countOnly,
          minModRevision,
          maxModRevision,
          minCreateRevision,
          maxCreateRevision);
    }
  }
}
