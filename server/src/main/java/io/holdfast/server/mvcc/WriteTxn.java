package io.holdfast.server.mvcc;

import io.holdfast.server.backend.RevisionMap;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The mutating transaction: all its changes share one main revision and take ascending subs, its
 * reads see its own writes, readers elsewhere see nothing before {@link #end}. Writing thread only;
 * the same object serves one transaction after the other.
 *
 * <p>Keys and values are taken over: nobody may change the arrays afterwards.
 */
public final class WriteTxn {
  private final MvccStore store;
  private final KeyTree tree;
  private final ValueCache cache;
  private final StoreReader reader;
  private final RevisionMap revisions;

  private boolean open;
  private boolean recordEvents;
  private long beginRevision;
  private int changes;
  private int ranges;
  private int puts;
  private long bytesPut;
  private int deletes;
  private long keysAdded;
  private List<Event> events = List.of();

  WriteTxn(
      MvccStore store, KeyTree tree, ValueCache cache, StoreReader reader, RevisionMap revisions) {
    this.store = store;
    this.tree = tree;
    this.cache = cache;
    this.reader = reader;
    this.revisions = revisions;
  }

  void begin(long atRevision) {
    if (open) {
      throw new IllegalStateException("the transaction before has not been ended");
    }
    open = true;
    beginRevision = atRevision;
    changes = 0;
    ranges = 0;
    puts = 0;
    bytesPut = 0;
    deletes = 0;
    keysAdded = 0;
    recordEvents = store.hasListeners();
    events = List.of();
  }

  /** The revision its reads see: the store's, or the next one after its first change. */
  public long revision() {
    return changes == 0 ? beginRevision : beginRevision + 1;
  }

  /** The key as this transaction sees it. */
  public Optional<KeyValue> get(Key key) {
    requireOpen();
    KeyVersion latest = tree.find(key.bytes());
    return latest == null || latest.isTombstone() ? Optional.empty() : Optional.of(guarded(latest));
  }

  /**
   * Writes a version of the key, without reading the one before.
   *
   * @param leaseId 0 for none; whether the lease exists is the caller's to know
   */
  public void put(Key key, byte[] value, long leaseId) {
    requireOpen();
    try {
      write(key.bytes(), value, leaseId);
      puts++;
      bytesPut += key.bytes().length + value.length;
    } catch (RuntimeException | Error e) {
      store.markBroken();
      throw e;
    }
  }

  /** Writes a version of the key and gives the one before, if the key was alive. */
  public Optional<KeyValue> putReturningPrevious(Key key, byte[] value, long leaseId) {
    Optional<KeyValue> previous = get(key);
    put(key, value, leaseId);
    return previous;
  }

  /** Deletes the living keys of the range; gives how many there were. */
  public long deleteRange(KeyRange range) {
    requireOpen();
    List<KeyVersion> living = reader.livingVersions(range);
    deleteAll(living);
    deletes++;
    return living.size();
  }

  /**
   * Reads with every option; sees this transaction's own writes.
   *
   * @throws StoreException with {@code COMPACTED} or {@code FUTURE_REVISION}
   */
  public RangeResult range(RangeQuery query) {
    return range(query, ResultMeter.UNLIMITED);
  }

  /**
   * The same with a bound.
   *
   * @param meter told what the result takes; what it throws ends the reading. It must not depend on
   *     the memory there is, or members that execute the same command would differ
   */
  public RangeResult range(RangeQuery query, ResultMeter meter) {
    requireOpen();
    ranges++;
    long current = revision();
    long at = query.revision() <= 0 ? current : query.revision();
    if (at > current) {
      throw EtcdError.FUTURE_REVISION.asException();
    }
    if (at < store.compactRevision()) {
      throw EtcdError.COMPACTED.asException();
    }
    try {
      return reader.range(query, at, current, meter);
    } catch (StoreReader.Overtaken e) {
      store.markBroken();
      throw new IllegalStateException("a readable version is not stored at revision " + at, e);
    }
  }

  /**
   * Publishes the changes to readers, then tells the listeners.
   *
   * @return the transaction's revision, or the unchanged one when it changed nothing
   */
  public long end() {
    requireOpen();
    open = false;
    store.totals().countTxn(ranges, puts, bytesPut, deletes);
    if (changes == 0) {
      return beginRevision;
    }
    List<Event> committed = events;
    events = List.of();
    store.publish(beginRevision + 1, changes, keysAdded, committed);
    return beginRevision + 1;
  }

  private void write(byte[] key, byte[] value, long leaseId) {
    Objects.requireNonNull(value, "value");
    long main = beginRevision + 1;
    KeyVersion before = tree.locate(key);
    boolean alive = before != null && !before.isTombstone();
    long createRevision = alive ? before.createRevision : main;
    long version = alive ? before.version + 1 : 1;
    int sub = nextSub();
    revisions.append(
        main, sub, RecordCodec.encodePut(key, main, createRevision, version, leaseId, value));
    byte[] cached = cache.admit(value) ? value : null;
    KeyVersion after =
        before == null
            ? KeyVersion.first(key, main, sub, createRevision, version, leaseId, cached)
            : before.next(main, sub, createRevision, version, leaseId, cached);
    tree.putLocated(after);
    byte[] valueBefore = before == null ? null : cache.release(before);
    if (!alive) {
      keysAdded++;
    }
    if (recordEvents) {
      record(EventType.PUT, after.toKeyValue(value), alive ? before : null, valueBefore);
    }
  }

  private void deleteAll(List<KeyVersion> living) {
    try {
      for (KeyVersion version : living) {
        delete(version.key);
      }
    } catch (RuntimeException | Error e) {
      store.markBroken();
      throw e;
    }
  }

  private void delete(byte[] key) {
    long main = beginRevision + 1;
    KeyVersion before = tree.locate(key);
    int sub = nextSub();
    revisions.append(main, sub, RecordCodec.encodeTombstone(key));
    KeyVersion after = before.next(main, sub, 0, 0, 0, null);
    tree.putLocated(after);
    byte[] valueBefore = cache.release(before);
    keysAdded--;
    if (recordEvents) {
      record(EventType.DELETE, after.toKeyValue(KeyValue.NO_VALUE), before, valueBefore);
    }
  }

  private int nextSub() {
    if (changes == Integer.MAX_VALUE) {
      throw new IllegalStateException("too many changes in one transaction");
    }
    return changes++;
  }

  private void record(EventType type, KeyValue keyValue, KeyVersion before, byte[] valueBefore) {
    if (events.isEmpty()) {
      events = new ArrayList<>(1);
    }
    events.add(event(type, keyValue, before, valueBefore));
  }

  private Event event(EventType type, KeyValue keyValue, KeyVersion before, byte[] valueBefore) {
    if (before == null) {
      return new Event(type, keyValue);
    }
    // What watchers call previous is the state before the revision, not inside it.
    if (valueBefore == null || before.modRevision == keyValue.modRevision()) {
      return new Event(type, keyValue, store);
    }
    return new Event(type, keyValue, before, valueBefore);
  }

  private KeyValue guarded(KeyVersion version) {
    try {
      return reader.materialise(version);
    } catch (StoreReader.Overtaken e) {
      store.markBroken();
      throw new IllegalStateException(
          "the latest version at revision " + version.modRevision + " is not stored", e);
    }
  }

  private void requireOpen() {
    if (!open) {
      throw new IllegalStateException("the transaction has been ended");
    }
  }
}
