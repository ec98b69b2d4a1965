package io.holdfast.server.mvcc;

import io.holdfast.server.backend.RevisionMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Answers questions about one pinned revision from the index and, where a value is not cached, the
 * revision map. Holds nothing but what it reads through; any thread.
 *
 * <p>It may run into a compaction that has passed its revision. A record it misses then shows as
 * {@link Overtaken}; a version that is already gone from the index does not show, so the caller
 * looks at the compact revision once more when it has the answer.
 */
final class StoreReader {
  /** What the index pointed to is gone: a compaction has passed the revision read at. */
  static final class Overtaken extends RuntimeException {
    private static final long serialVersionUID = 1L;
    static final Overtaken INSTANCE = new Overtaken();

    private Overtaken() {
      super("a compaction has passed the revision read at", null, false, false);
    }
  }

  /** What a pair takes beside its bytes, about. */
  private static final int PAIR_OVERHEAD_BYTES = 96;

  private final KeyTree tree;
  private final RevisionMap revisions;
  private final ValueCache cache;
  private final Runnable doubt;

  /**
   * @param doubt told when the index is found to be wrong
   */
  StoreReader(KeyTree tree, RevisionMap revisions, ValueCache cache, Runnable doubt) {
    this.doubt = doubt;
    this.tree = tree;
    this.revisions = revisions;
    this.cache = cache;
  }

  /** The key at that revision, null when it is not alive then. */
  KeyValue get(byte[] key, long atRevision) {
    KeyVersion latest = tree.find(key);
    return latest == null ? null : versionAt(latest, atRevision, true);
  }

  /**
   * @param atRevision where to read; the query's own revision has been settled by the caller
   * @param meter what it throws ends the reading
   */
  RangeResult range(RangeQuery query, long atRevision, long currentRevision, ResultMeter meter) {
    if (query.countOnly()) {
      return new RangeResult(List.of(), false, count(query.range(), atRevision), currentRevision);
    }
    if (query.isInKeyOrder() && !query.hasRevisionFilters()) {
      return inKeyOrder(query, atRevision, currentRevision, meter);
    }
    return filteredAndSorted(query, atRevision, currentRevision, meter);
  }

  /** The latest versions of the keys that are alive at that revision, which is the latest. */
  List<KeyVersion> livingVersions(KeyRange range) {
    List<KeyVersion> living = new ArrayList<>();
    walk(
        range,
        latest -> {
          if (!latest.isTombstone()) {
            living.add(latest);
          }
          return true;
        });
    return living;
  }

  KeyValue materialise(KeyVersion version) {
    return version.toKeyValue(valueOf(version));
  }

  private void walk(KeyRange range, KeyTree.Visitor visitor) {
    if (range.isSingle()) {
      KeyVersion latest = tree.find(range.start());
      if (latest != null) {
        visitor.visit(latest);
      }
    } else {
      tree.walk(range.start(), range.endOrNull(), visitor);
    }
  }

  private long count(KeyRange range, long atRevision) {
    if (range.isSingle()) {
      KeyVersion latest = tree.find(range.start());
      return latest != null && latest.isAliveAt(atRevision) ? 1 : 0;
    }
    return tree.count(range.start(), range.endOrNull(), atRevision);
  }

  private RangeResult inKeyOrder(
      RangeQuery query, long atRevision, long currentRevision, ResultMeter meter) {
    Collector collector =
        new Collector(
            atRevision,
            query.limit() <= 0 ? Long.MAX_VALUE : query.limit(),
            !query.keysOnly(),
            meter);
    walk(query.range(), collector);
    long count = collector.found.size();
    if (collector.rest != null) {
      count += tree.count(collector.rest, query.range().endOrNull(), atRevision);
    }
    return new RangeResult(collector.found, count > collector.found.size(), count, currentRevision);
  }

  /** Takes the first so many living keys. */
  private final class Collector implements KeyTree.Visitor {
    private final long atRevision;
    private final long limit;
    private final boolean withValues;
    private final ResultMeter meter;
    private final List<KeyValue> found = new ArrayList<>();

    /** The first key that the limit left out; null when it left out none. */
    private byte[] rest;

    Collector(long atRevision, long limit, boolean withValues, ResultMeter meter) {
      this.atRevision = atRevision;
      this.limit = limit;
      this.withValues = withValues;
      this.meter = meter;
    }

    @Override
    public boolean visit(KeyVersion latest) {
      if (found.size() >= limit) {
        rest = latest.key;
        return false;
      }
      KeyValue keyValue = versionAt(latest, atRevision, withValues);
      if (keyValue != null) {
        KeyValue wanted = withValues ? keyValue : keyOnly(keyValue);
        meter.add(bytesOf(wanted));
        found.add(wanted);
      }
      return true;
    }
  }

  private RangeResult filteredAndSorted(
      RangeQuery query, long atRevision, long currentRevision, ResultMeter meter) {
    boolean byValue = query.target() == SortTarget.VALUE;
    boolean withValues = byValue || !query.keysOnly();
    Filter filter = new Filter(query, atRevision, byValue, meter);
    walk(query.range(), filter);
    List<Found> found = filter.found;
    if (!query.isInKeyOrder()) {
      found.sort(order(query));
    }
    int taken = found.size();
    if (query.limit() > 0 && query.limit() < taken) {
      taken = (int) query.limit();
    }
    List<KeyValue> keyValues = new ArrayList<>(taken);
    for (Found one : found.subList(0, taken)) {
      KeyValue keyValue = one.keyValue(withValues);
      if (query.keysOnly()) {
        keyValue = byValue ? keyValue.withoutValue() : keyOnly(keyValue);
      }
      meter.add(bytesOf(keyValue));
      keyValues.add(keyValue);
    }
    return new RangeResult(keyValues, taken < found.size(), filter.count, currentRevision);
  }

  private static long bytesOf(KeyValue pair) {
    return PAIR_OVERHEAD_BYTES + pair.key().length + pair.value().length;
  }

  private static Comparator<Found> order(RangeQuery query) {
    Comparator<Found> ascending =
        switch (query.target()) {
          case KEY -> (a, b) -> Arrays.compareUnsigned(a.key(), b.key());
          case VERSION -> Comparator.comparingLong(Found::version);
          case CREATE -> Comparator.comparingLong(Found::createRevision);
          case MOD -> Comparator.comparingLong(Found::modRevision);
          case VALUE -> (a, b) -> Arrays.compareUnsigned(a.old.value(), b.old.value());
        };
    return query.order() == SortOrder.DESCEND ? ascending.reversed() : ascending;
  }

  /** Keeps what the revision filters let pass, and counts what they do not see. */
  private final class Filter implements KeyTree.Visitor {
    private final RangeQuery query;
    private final long atRevision;
    private final boolean byValue;
    private final ResultMeter meter;
    private final List<Found> found = new ArrayList<>();
    private long count;

    Filter(RangeQuery query, long atRevision, boolean byValue, ResultMeter meter) {
      this.query = query;
      this.atRevision = atRevision;
      this.byValue = byValue;
      this.meter = meter;
    }

    @Override
    public boolean visit(KeyVersion latest) {
      if (!latest.isAliveAt(atRevision)) {
        return true;
      }
      count++;
      Found one =
          latest.modRevision <= atRevision && !byValue
              ? new Found(latest, null)
              : new Found(null, versionAt(latest, atRevision, true));
      if (query.accepts(one.modRevision(), one.createRevision())) {
        meter.add(one.old == null ? PAIR_OVERHEAD_BYTES : bytesOf(one.old));
        found.add(one);
      }
      return true;
    }
  }

  /** A latest version whose value may never be needed, or an older one that had to be read. */
  private final class Found {
    private final KeyVersion latest;
    private final KeyValue old;

    Found(KeyVersion latest, KeyValue old) {
      this.latest = latest;
      this.old = old;
    }

    byte[] key() {
      return latest != null ? latest.key : old.key();
    }

    long version() {
      return latest != null ? latest.version : old.version();
    }

    long createRevision() {
      return latest != null ? latest.createRevision : old.createRevision();
    }

    long modRevision() {
      return latest != null ? latest.modRevision : old.modRevision();
    }

    KeyValue keyValue(boolean withValue) {
      if (old != null) {
        return old;
      }
      return latest.toKeyValue(withValue ? valueOf(latest) : KeyValue.NO_VALUE);
    }
  }

  /** Keys answered from the index carry no lease, as etcd's do. */
  private static KeyValue keyOnly(KeyValue keyValue) {
    return new KeyValue(
        keyValue.key(),
        keyValue.createRevision(),
        keyValue.modRevision(),
        keyValue.version(),
        KeyValue.NO_VALUE,
        0);
  }

  private KeyValue versionAt(KeyVersion latest, long atRevision, boolean withValue) {
    if (latest.modRevision <= atRevision) {
      if (latest.isTombstone()) {
        return null;
      }
      return latest.toKeyValue(withValue ? valueOf(latest) : KeyValue.NO_VALUE);
    }
    int position = latest.olderPositionAt(atRevision);
    if (position < 0 || latest.isOlderTombstone(position)) {
      return null;
    }
    long main = latest.olderMain(position);
    return read(latest.key, main, latest.olderSub(position)).toKeyValue(main);
  }

  private byte[] valueOf(KeyVersion version) {
    byte[] cached = version.cachedValue();
    if (cached != null) {
      return cached;
    }
    byte[] value = read(version.key, version.modRevision, version.sub).value();
    cache.offer(version, value);
    return value;
  }

  private RecordCodec read(byte[] key, long main, int sub) {
    byte[] record = revisions.get(main, sub);
    if (record == null) {
      throw Overtaken.INSTANCE;
    }
    RecordCodec codec = new RecordCodec().read(main, record);
    if (!codec.hasKey(key)) {
      doubt.run();
      throw new IllegalStateException("revision " + main + "." + sub + " holds another key");
    }
    return codec;
  }
}
