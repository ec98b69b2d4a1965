package io.holdfast.server.mvcc;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.Bucket;
import io.holdfast.server.backend.CorruptRecordException;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.InvariantViolation;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.ObjLongConsumer;

/**
 * The multi-version key space, with etcd's semantics: every mutating transaction makes one main
 * revision, every key remembers its versions back to the last compaction, and a read sees exactly
 * the state of one revision.
 *
 * <p>The history lives in the backend's revision map, in the order it was written; the keys live in
 * memory, in an index rebuilt from it at start. A fresh store has revision 1, and -1 as the
 * revision up to which it is compacted.
 *
 * <p><b>Threads.</b> One thread writes: {@link #beginWrite}, {@link #compact}, {@link
 * #compactStep}. Readers are any threads and take no lock: they pin the published revision and find
 * for each key the version at or before it, while the writer is already adding the next; a whole
 * transaction is published at once.
 *
 * <p><b>Durability.</b> None of its own: what is written here becomes durable with the backend's
 * next commit and sync, until then it lives in the log.
 */
public final class MvccStore {
  static final long FIRST_REVISION = 1;
  private static final long NEVER_COMPACTED = -1;
  private static final int OVERTAKEN_MAX = 100;

  /** The bucket that remembers compactions. */
  public static final String BUCKET = "mvcc";

  private static final byte[] COMPACT_REVISION = ascii("compactRevision");
  private static final byte[] REMOVED_REVISION = ascii("removedRevision");

  private final Bucket state;
  private final KeyTree tree;
  private final ValueCache cache;
  private final StoreReader reader;
  private final Runnable doubt;
  private final HistoryReader history;
  private final Compactor compactor;
  private final IndexKeeper keeper;
  private final WriteTxn writeTxn;
  private final StoreTotals totals = new StoreTotals();
  private final List<CommitListener> listeners = new CopyOnWriteArrayList<>();

  private volatile long currentRevision;
  private volatile long compactRevision;
  private volatile long keyCount;
  private volatile boolean compacting;
  private boolean broken;
  private boolean fromCheckpoint;

  private MvccStore(Backend backend, MvccOptions options, KeyTree tree) {
    this.state = backend.bucket(BUCKET);
    this.tree = tree;
    this.cache = new ValueCache(tree, options.valueCacheBytesMax());
    this.doubt = backend::distrustIndexFile;
    this.reader = new StoreReader(tree, backend.revisions(), cache, doubt);
    this.history = new HistoryReader(this, tree, backend.revisions());
    this.compactor = new Compactor(tree, cache, backend.revisions(), totals);
    this.keeper = new IndexKeeper(tree, backend, options);
    this.writeTxn = new WriteTxn(this, tree, cache, reader, backend.revisions());
  }

  /**
   * Rebuilds the key index: from a checkpoint and what the backend's revision map holds of later
   * revisions, where there is one that fits, and from the whole map otherwise. Every record that is
   * read is checked, and in any case that none is missing and none too many; what a checkpoint
   * stands for is checked record by record when it is read later.
   *
   * @throws CorruptRecordException when the file is damaged: it must be rebuilt from elsewhere
   */
  public static MvccStore open(Backend backend, MvccOptions options) {
    IndexLoader loader = new IndexLoader(backend);
    loader.load();
    MvccStore store = new MvccStore(backend, options, loader.tree());
    store.fromCheckpoint = loader.from().isPresent();
    loader.from().ifPresent(store.keeper::openedFrom);
    store.compactRevision = readRevision(store.state, COMPACT_REVISION);
    store.keyCount = loader.keyCount();
    store.currentRevision =
        Math.max(FIRST_REVISION, Math.max(loader.lastRevision(), store.compactRevision));
    if (readRevision(store.state, REMOVED_REVISION) < store.compactRevision) {
      store.startRemoval(store.compactRevision);
    }
    return store;
  }

  /** The revision readers see now. Any thread. */
  public long currentRevision() {
    return currentRevision;
  }

  /** The revision below which nothing can be read; -1 before the first compaction. Any thread. */
  public long compactRevision() {
    return compactRevision;
  }

  /** Keys alive at the latest revision. Any thread. */
  public long keyCount() {
    return keyCount;
  }

  /** Bytes of values that are kept in memory, within the bound of the options. Any thread. */
  public long cachedValueBytes() {
    return cache.bytes();
  }

  /**
   * Answers at the revision asked for, or at the one published when the call began. Any thread,
   * without locks.
   *
   * @throws io.holdfast.server.error.StoreException with {@code COMPACTED} or {@code
   *     FUTURE_REVISION}
   * @throws CorruptRecordException when a record needed is damaged
   */
  public RangeResult range(RangeQuery query) {
    return range(query, ResultMeter.UNLIMITED);
  }

  /**
   * The same, with an eye on what the answer takes.
   *
   * @param meter what it throws ends the reading
   */
  public RangeResult range(RangeQuery query, ResultMeter meter) {
    totals.countRange();
    for (int attempt = 0; ; attempt++) {
      long current = currentRevision;
      long at = settle(query.revision(), current);
      try {
        RangeResult result = reader.range(query, at, current, meter);
        if (at >= compactRevision) {
          return result;
        }
      } catch (StoreReader.Overtaken overtaken) {
        requireOvertaken(at, attempt);
      }
      // A compaction went past what was pinned while it was read. The latest revision is read
      // again; one that was asked for is compacted now, which the next settling says.
    }
  }

  /** The latest version of one key, null when it is not alive. Any thread. */
  KeyValue latest(byte[] key) {
    for (int attempt = 0; ; attempt++) {
      long at = currentRevision;
      try {
        KeyValue found = reader.get(key, at);
        if (at >= compactRevision) {
          return found;
        }
      } catch (StoreReader.Overtaken overtaken) {
        requireOvertaken(at, attempt);
      }
    }
  }

  /**
   * What the key was at a revision; null when it was not alive then or the revision is compacted.
   */
  KeyValue versionAtOrNull(byte[] key, long revision) {
    if (revision < Math.max(FIRST_REVISION, compactRevision)) {
      return null;
    }
    try {
      KeyValue found = reader.get(key, revision);
      return revision < compactRevision ? null : found;
    } catch (StoreReader.Overtaken overtaken) {
      requireOvertaken(revision, 0);
      return null;
    }
  }

  /** How often the store was used. Any thread. */
  public StoreTotals totals() {
    return totals;
  }

  /**
   * Begins the one mutating transaction; it must be ended before the next. Writing thread only.
   *
   * <p>A transaction has no way back: if a call on it throws anything but a domain error, memory
   * and file may disagree, and this store refuses all further writes.
   */
  public WriteTxn beginWrite() {
    if (broken) {
      throw new IllegalStateException(
          "a write has failed half-way: close the store and open it again");
    }
    writeTxn.begin(currentRevision);
    return writeTxn;
  }

  /**
   * Makes everything before the revision unreadable, but for what is still alive at it. Takes
   * effect at once and is remembered with the next commit; the records are removed later, in the
   * steps that {@link #compactStep} makes. Writing thread only.
   *
   * @throws io.holdfast.server.error.StoreException with {@code COMPACTED} when it is not above the
   *     compact revision, {@code FUTURE_REVISION} when it is above the current one
   */
  public void compact(long revision) {
    if (revision <= compactRevision) {
      throw EtcdError.COMPACTED.asException();
    }
    if (revision > currentRevision) {
      throw EtcdError.FUTURE_REVISION.asException();
    }
    keeper.giveUp();
    writeRevision(COMPACT_REVISION, revision);
    // Published before anything is removed: readers look at it again when they are done.
    compactRevision = revision;
    startRemoval(revision);
  }

  /**
   * Removes some compacted records; to be called between other work, with a commit now and then
   * (its applied index need not have moved). If the process ends half-way, the rest is found again
   * at the next start. Writing thread only.
   *
   * @param recordsMax remove so many at most, and look at 32 times as many keys; 500 take about 5
   *     ms
   * @return whether there is more to do
   */
  public boolean compactStep(int recordsMax) {
    if (!compacting) {
      return false;
    }
    if (compactor.step(recordsMax)) {
      return true;
    }
    writeRevision(REMOVED_REVISION, compactRevision);
    compacting = false;
    return false;
  }

  /**
   * Writes a part of the key index down, when that is due: a start then reads it instead of the
   * whole history. To be called between other work; takes about half a millisecond. Nothing depends
   * on its being done or finished. Writing thread only.
   *
   * @return whether there is more to do at once
   */
  public boolean checkpointStep() {
    return !compacting && !broken && keeper.step(currentRevision);
  }

  /** Gives up what {@link #checkpointStep} has begun, and its file. Writing thread only. */
  public void giveUpCheckpoint() {
    keeper.giveUp();
  }

  /** Whether compacted records are still to be removed. Any thread. */
  public boolean isCompacting() {
    return compacting;
  }

  /**
   * The hash of the history up to a revision: of all records after the compact revision, and of
   * those that were alive at it. Reads the whole history, so it takes a second per million records.
   * Any thread.
   *
   * @param revision 0 or less for the current one
   * @throws io.holdfast.server.error.StoreException with {@code COMPACTED} or {@code
   *     FUTURE_REVISION}
   */
  public HashKv hashKv(long revision) {
    while (true) {
      long current = currentRevision;
      long compacted = compactRevision;
      long at = settle(revision, current);
      int hash = history.hash(compacted, at);
      if (compacted == compactRevision) {
        return new HashKv(hash, compacted, at, current);
      }
    }
  }

  /**
   * Reads history back for watchers that are behind: the events of the revisions from {@code
   * fromRevision} to {@code toRevision}, both inclusive, on keys of the range. Whole revisions
   * only; bounded in bytes and in records looked at, so ask again from {@link
   * EventBatch#nextRevision} until that is above {@code toRevision}. Any thread.
   *
   * @param toRevision what is above the current revision is cut to it
   * @param bytesMax stop after the revision with which keys and values exceed this
   * @throws io.holdfast.server.error.StoreException with {@code COMPACTED} when {@code
   *     fromRevision} is below the compact revision
   */
  public EventBatch readEvents(long fromRevision, long toRevision, KeyRange range, long bytesMax) {
    if (fromRevision < compactRevision) {
      throw EtcdError.COMPACTED.asException();
    }
    EventBatch batch =
        history.read(fromRevision, Math.min(toRevision, currentRevision), range, bytesMax);
    if (fromRevision < compactRevision) {
      throw EtcdError.COMPACTED.asException();
    }
    return batch;
  }

  /** Listeners are told in the order they were added. Any thread. */
  public void addCommitListener(CommitListener listener) {
    listeners.add(listener);
  }

  /**
   * Every living key that is attached to a lease, with the lease's id, in key order: to rebuild the
   * attachments at start. Writing thread, or before any write.
   */
  public void forEachLeasedKey(ObjLongConsumer<Key> consumer) {
    tree.walk(
        KeyValue.NO_VALUE,
        null,
        new KeyTree.Visitor() {
          @Override
          public boolean visit(KeyVersion version) {
            if (version.leaseId != 0 && !version.isTombstone()) {
              consumer.accept(Key.of(version.key), version.leaseId);
            }
            return true;
          }

          @Override
          public KeyTree.Passing pass(LazyLeaf leaf) {
            return leaf.mayHaveLeases() ? KeyTree.Passing.OPEN : KeyTree.Passing.SKIP;
          }
        });
  }

  /** Whether a checkpoint saved reading most of the history when this was opened. Any thread. */
  public boolean isFromCheckpoint() {
    return fromCheckpoint;
  }

  /** How many leaves of the key index nobody has needed since the start. Any thread. */
  int packedLeaves() {
    return tree.packedLeaves();
  }

  boolean hasListeners() {
    return !listeners.isEmpty();
  }

  void publish(long revision, int records, long keysAdded, List<Event> events) {
    keeper.wrote(records);
    keyCount += keysAdded;
    currentRevision = revision;
    if (!events.isEmpty()) {
      CommittedRevision committed = new CommittedRevision(revision, events);
      for (CommitListener listener : listeners) {
        listener.committed(committed);
      }
    }
  }

  void markBroken() {
    broken = true;
    doubt.run();
  }

  private long settle(long asked, long current) {
    if (asked <= 0) {
      return current;
    }
    if (asked > current) {
      throw EtcdError.FUTURE_REVISION.asException();
    }
    if (asked < compactRevision) {
      throw EtcdError.COMPACTED.asException();
    }
    return asked;
  }

  private void requireOvertaken(long at, int attempt) {
    boolean overtaken = at < compactRevision && attempt < OVERTAKEN_MAX;
    if (!overtaken) {
      doubt.run();
    }
    InvariantViolation.check(
        overtaken,
        "every readable version is stored",
        "a record is missing at revision " + at + ", compacted to " + compactRevision);
  }

  private void startRemoval(long revision) {
    compactor.start(revision);
    compacting = true;
  }

  private void writeRevision(byte[] name, long revision) {
    state.put(name, ByteBuffer.allocate(Long.BYTES).putLong(revision).array());
  }

  /**
   * What a record of {@link #BUCKET} says of the revision up to which the history is compacted;
   * empty when it speaks of something else.
   */
  public static Optional<Long> compactRevisionIn(byte[] key, byte[] value) {
    return Arrays.equals(key, COMPACT_REVISION) && value.length == Long.BYTES
        ? Optional.of(ByteBuffer.wrap(value).getLong())
        : Optional.empty();
  }

  /**
   * Raises the revision of a store that nobody uses yet and compacts it there: what was read or
   * watched before it, perhaps in a lost future of the same history, is refused from then on.
   *
   * @param revision above the current one
   */
  public void bumpAndCompact(long revision) {
    InvariantViolation.check(
        revision > currentRevision, "revisions only grow", revision + " after " + currentRevision);
    writeRevision(COMPACT_REVISION, revision);
    compactRevision = revision;
    currentRevision = revision;
    startRemoval(revision);
  }

  private static long readRevision(Bucket bucket, byte[] name) {
    return bucket.get(name).map(bytes -> ByteBuffer.wrap(bytes).getLong()).orElse(NEVER_COMPACTED);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
