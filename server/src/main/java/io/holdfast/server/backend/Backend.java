package io.holdfast.server.backend;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.RealDisk;
import io.holdfast.server.error.InvariantViolation;
import io.holdfast.server.error.StartupException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.h2.mvstore.MVStore;

/**
 * The store file, and the only door to MVStore: a revision map and small buckets in one file.
 *
 * <p>The log and its snapshots are the truth, this file is what has been made of them so far. So it
 * must never be ahead of itself (the applied index is written in the same commit as the data), and
 * never lie (MVStore checks no content: every record carries its checksum here, and every commit
 * the tally of each bucket). What fails a check is rebuilt, not served.
 *
 * <p><b>Threads.</b> One thread writes and commits; any thread reads, takes sizes and syncs.
 *
 * <p><b>Durability.</b> Writes are visible at once, are one version of the file after {@link
 * #commit}, and survive after {@link #sync}: the file is always opened at the version that was
 * synced last, whatever ended the process before, and the log has what came later. A commit costs
 * its thread about 2 us per record, so commit often and little: about every 50 to 100 ms, or 1,000
 * records, whichever comes first. Sync about every 5 seconds, off the latency path: until then the
 * log must be kept above {@link #syncedAppliedIndex()}, and the file cannot reuse space that the
 * last synced version needs, so a backend that is never synced grows.
 */
public final class Backend implements AutoCloseable {
  private static final String COMMIT_MAP = "commit";
  private static final byte[] COMMIT_KEY = {1};

  /** The part of the file that is to be in use, in percent, before it is worth moving things. */
  public static final int TIDY_PERCENT = 75;

  private static final Pattern BUCKET_NAME = Pattern.compile("[a-z][a-z0-9_-]{0,62}");

  /** Who is in the middle of something that a close would break: syncs and snapshots. */
  private final AtomicInteger users = new AtomicInteger();

  private volatile Path file;
  private volatile boolean retired;
  private final MVStore store;
  private volatile Optional<SyncedMark> mark;
  private volatile IndexFile indexFile;
  private final DiskFileStore fileStore;
  private final RevisionMap revisions;
  private final ByteBucket commits;
  private final Map<String, ByteBucket> buckets = new ConcurrentSkipListMap<>();
  private final Map<String, Tally> tallies = new TreeMap<>();
  private final Object syncLock = new Object();

  /** Held while a commit is under way, so that a sync knows what it makes durable. */
  private final Object commitLock = new Object();

  /** Keeps the chunks of the last synced version, which a power cut falls back to. */
  private MVStore.TxCounter syncedPin;

  private final Map<String, Tally> expected;
  private final int loadThreads;
  private final long smallBytes;
  private boolean dirty;
  private volatile long commitCount;
  private volatile long syncedCommitCount;
  private boolean hasCommitRecord;
  private volatile Applied applied;
  private volatile long syncedAppliedIndex;

  private record Applied(long index, long term) {}

  private Backend(
      Disk disk, Path file, MVStore store, Optional<SyncedMark> mark, BackendOptions options) {
    this.file = file;
    this.mark = mark;
    this.indexFile = new IndexFile(disk, file);
    this.loadThreads = options.loadThreads();
    this.smallBytes = options.smallBytes();
    this.store = store;
    this.fileStore = (DiskFileStore) store.getFileStore();
    this.syncedPin = store.registerVersionUsage();
    boolean fresh = !store.hasMap(COMMIT_MAP);
    boolean holdsOtherMaps = !store.getMapNames().isEmpty();
    this.commits = new ByteBucket(COMMIT_MAP, store, () -> {});
    CommitRecord last = fresh ? CommitRecord.NONE : readLast();
    if (fresh && holdsOtherMaps) {
      throw new IllegalArgumentException("it was never completed");
    }
    this.hasCommitRecord = !fresh;
    this.applied = new Applied(last.appliedIndex(), last.appliedTerm());
    this.expected = new TreeMap<>(last.tallies());
    this.revisions = new RevisionMap(store, this::markDirty);
    revisions.whenDamaged(this::distrustIndexFile);
    tallies.put(RevisionMap.NAME, revisions.tally());
    for (String name : last.tallies().keySet()) {
      if (!name.equals(RevisionMap.NAME)) {
        openBucket(name);
      }
    }
    // What was found is in the file, but perhaps only in the page cache: until the first sync the
    // log must be kept from the start.
    this.syncedAppliedIndex = 0;
  }

  /**
   * Opens the file, creating it with mode 0600 when missing, and checks every record outside the
   * revision map; that one is checked when it is read through with {@link #loadRevisions}.
   *
   * @throws StartupException when the file is foreign, damaged or in use; it is left as it was
   */
  public static Backend open(Path file, BackendOptions options) {
    return open(new RealDisk(), file, options);
  }

  /** The same on another disk than the operating system's. */
  public static Backend open(Disk disk, Path file, BackendOptions options) {
    return open(disk, file, options, Optional.of(new SyncedMark(disk, file)));
  }

  /** A file that has no place of its own yet, and so no mark beside it. */
  static Backend openUnmarked(Disk disk, Path file, BackendOptions options) {
    return open(disk, file, options, Optional.empty());
  }

  private static Backend open(
      Disk disk, Path file, BackendOptions options, Optional<SyncedMark> mark) {
    MVStore store = StoreFile.open(disk, file, mark, options);
    try {
      return new Backend(disk, file, store, mark, options);
    } catch (RuntimeException | AssertionError e) {
      store.closeImmediately();
      throw StoreFile.damaged(file, e);
    }
  }

  public RevisionMap revisions() {
    return revisions;
  }

  /**
   * Reads the whole history, ascending, and makes sure that it is the one that was committed. To be
   * called once after {@link #open}, before the first write, by the one who rebuilds the key index.
   *
   * @throws CorruptRecordException when a record is damaged, missing or too many
   */
  public void loadRevisions(RevisionMap.RevisionVisitor visitor) {
    revisions.verify(
        expectedHistory(), (key, record) -> visitor.visit(key.main(), key.sub(), record));
    markFound();
  }

  /**
   * The same on the threads that the options grant: the history is cut into parts, which are read
   * side by side.
   *
   * @param readers one for each part; each is used by one thread
   * @param results takes what became of the parts, in ascending order, on the calling thread
   */
  public <T> void loadRevisions(Supplier<? extends PartReader<T>> readers, Consumer<T> results) {
    Tally found = new HistoryLoader(revisions, loadThreads).read(readers, results);
    revisions.accept(found, expectedHistory());
    markFound();
  }

  /**
   * Reads only what was added to the history after a point, if the history up to there is still the
   * one it was. To be called in the place of {@link #loadRevisions}, by one who knows what there
   * was up to {@code begin}, and something of what there was up to {@code end}.
   *
   * @param begin see {@link #historyPoint}
   * @param end the same or a later one
   * @param readers one for each part; each is used by one thread
   * @param results takes what became of the parts, in ascending order, on the calling thread; worth
   *     nothing when the history turns out to be another
   * @return whether it was; if not, nothing has happened
   * @throws CorruptRecordException when a record that was read is damaged
   */
  public <T> boolean loadRevisionsAfter(
      HistoryPoint begin,
      HistoryPoint end,
      Supplier<? extends PartReader<T>> readers,
      Consumer<T> results) {
    HistoryLoader loader = new HistoryLoader(revisions, loadThreads);
    Optional<RevisionKey> behind = Optional.of(new RevisionKey(end.revision() + 1, 0));
    Tally found = begin.tally();
    if (begin.revision() < end.revision()) {
      RevisionKey first = new RevisionKey(begin.revision() + 1, 0);
      found.add(loader.read(Optional.of(first), behind, readers, results));
    }
    if (!found.matches(end.tally())) {
      return false;
    }
    found.add(loader.read(behind, Optional.empty(), readers, results));
    if (!found.matches(expectedHistory())) {
      return false;
    }
    revisions.accept(found, expectedHistory());
    markFound();
    return true;
  }

  /**
   * What the history amounts to now, between two transactions. Writing thread only.
   *
   * @param revision the newest one
   */
  public HistoryPoint historyPoint(long revision) {
    return HistoryPoint.of(revision, revisions.tally());
  }

  /** The file beside the store that the index of keys is kept in. */
  public IndexFile indexFile() {
    return indexFile;
  }

  /**
   * Begins to write the index of keys down, in a file beside the one that is there. Writing thread
   * only.
   */
  public IndexFile.Writer writeIndexFile() throws IOException {
    return indexFile.begin();
  }

  /**
   * The index of keys is written down: its file takes the place of the one before as soon as a sync
   * has made durable what it stands for, so that there is one that fits whatever happens. Writing
   * thread only.
   */
  public void finishIndexFile(IndexFile.Writer writer) throws IOException {
    writer.finish(dirty ? commitCount + 1 : commitCount);
    indexFile.synced(syncedCommitCount);
  }

  /**
   * The history, or what was made of it, is found to be wrong: the next start is to read all of it.
   * Any thread.
   */
  public void distrustIndexFile() {
    indexFile.distrust();
  }

  private Tally expectedHistory() {
    return expected.getOrDefault(RevisionMap.NAME, new Tally());
  }

  /** What was found may only be in the page cache, and is not yet what the mark stands for. */
  private void markFound() {
    if (mark.isPresent()) {
      sync();
    }
  }

  /** The file, which is closed, is going to be taken away: what is noted of it means nothing. */
  public static void forgetSynced(Disk disk, Path file) throws IOException {
    new SyncedMark(disk, file).forget();
  }

  /**
   * The bucket of that name, made when missing. Writing thread only; keep the result.
   *
   * @param name lower-case letters, digits, {@code _} and {@code -}, at most 63
   */
  public Bucket bucket(String name) {
    ByteBucket bucket = buckets.get(name);
    if (bucket != null) {
      return bucket;
    }
    if (!BUCKET_NAME.matcher(name).matches()
        || name.equals(RevisionMap.NAME)
        || name.equals(COMMIT_MAP)) {
      throw new IllegalArgumentException("bad bucket name \"" + name + "\"");
    }
    return openBucket(name);
  }

  /**
   * Makes all writes so far one version of the file, together with the log position they reflect.
   * Does not survive the process yet. Writing thread only; see the class comment for how often.
   *
   * @throws BackendFailure when the file cannot be written: the process must end
   */
  public void commit(long appliedIndex, long appliedTerm) {
    InvariantViolation.check(
        appliedIndex >= applied.index,
        "applied index never goes back",
        appliedIndex + " after " + applied.index);
    try {
      CommitRecord record = new CommitRecord(appliedIndex, appliedTerm, tallies);
      commits.put(COMMIT_KEY, record.encode());
      synchronized (commitLock) {
        store.commit();
        commitCount = commitCount + 1;
        applied = new Applied(appliedIndex, appliedTerm);
      }
    } catch (BackendFailure e) {
      throw e;
    } catch (RuntimeException e) {
      throw new BackendFailure("cannot write store file " + file + ": " + e.getMessage(), e);
    }
    dirty = false;
    hasCommitRecord = true;
  }

  /**
   * Makes the last commit durable. Any thread; takes as long as the disk does, writes go on. Does
   * nothing once another file has taken this one's place.
   *
   * @throws BackendFailure when the disk refuses: never retried, the process must end
   */
  public void sync() {
    if (!enter()) {
      return;
    }
    try {
      syncFile();
    } finally {
      leave();
    }
  }

  private void syncFile() {
    synchronized (syncLock) {
      Unsynced newest = newest();
      try {
        store.sync();
      } catch (RuntimeException e) {
        throw new BackendFailure("cannot sync store file " + file + ": " + e.getMessage(), e);
      }
      // Before the pin of the version before goes, which the mark has stood for until now.
      writeMark(newest.point);
      store.deregisterVersionUsage(syncedPin);
      syncedPin = newest.pin;
      syncedCommitCount = newest.commitCount;
      cutFreeEnd();
      syncedAppliedIndex = Math.max(syncedAppliedIndex, newest.appliedIndex);
      indexFile.synced(syncedCommitCount);
    }
  }

  /** A version that is in the file, and stays there: the pin keeps its chunks. */
  private record Unsynced(
      MVStore.TxCounter pin, SyncedPoint point, long commitCount, long appliedIndex) {}

  private Unsynced newest() {
    synchronized (commitLock) {
      Unsynced newest =
          new Unsynced(
              store.registerVersionUsage(), fileStore.newestPoint(), commitCount, applied.index);
      InvariantViolation.check(
          newest.pin.version == newest.point.version(),
          "what is marked as synced is what is kept",
          newest.pin.version + " and " + newest.point.version());
      return newest;
    }
  }

  private void writeMark(SyncedPoint point) {
    if (mark.isPresent()) {
      try {
        mark.get().write(point);
      } catch (IOException e) {
        throw new BackendFailure("cannot mark store file " + file + " as synced", e);
      }
    }
  }

  private void cutFreeEnd() {
    try {
      fileStore.cutFreeEnd();
    } catch (RuntimeException e) {
      throw new BackendFailure("cannot shorten store file " + file + ": " + e.getMessage(), e);
    }
  }

  /** The log index of the last commit, 0 for none. Any thread. */
  public long appliedIndex() {
    return applied.index;
  }

  /** The term of the entry at {@link #appliedIndex()}, 0 for none. Any thread. */
  public long appliedTerm() {
    return applied.term;
  }

  /**
   * The log index of the last commit that a sync of this process has made durable, 0 before the
   * first: the log may be cut below it, never above. Any thread.
   */
  public long syncedAppliedIndex() {
    return syncedAppliedIndex;
  }

  /** Whether something was written after the last commit. Writing thread only. */
  public boolean hasUncommittedWrites() {
    return dirty;
  }

  /**
   * The revision map and all buckets, in this order, as of the last commit, to be read on any
   * thread while writes go on. To be taken on the writing thread, with nothing written since that
   * commit.
   */
  public BackendSnapshot snapshot() {
    if (dirty) {
      throw new IllegalStateException("a snapshot needs a commit first: there are writes since");
    }
    List<CheckedMap<?>> maps = new ArrayList<>();
    maps.add(revisions);
    maps.addAll(new TreeMap<>(buckets).values());
    InvariantViolation.check(enter(), "a retired store is not read", file.toString());
    return new PinnedSnapshot(store, applied.index, applied.term, maps, this::leave);
  }

  /**
   * Moves a little of what lives in sparse stretches of the file, or at its end, to where it takes
   * less room. With the commits and syncs that follow, the room left behind can be used again, and
   * the file grows shorter. Writing thread only.
   *
   * @param bytesMax how much to move, about: 256 KiB take about a millisecond
   * @param percentMin how much of the file shall be in use; {@link #TIDY_PERCENT} is a good measure
   *     for every day
   * @return whether something was moved: commit then, and there may be more to do
   * @throws BackendFailure when the file cannot be read: the process must end
   */
  public boolean tidy(int bytesMax, int percentMin) {
    try {
      return fileStore.rewriteSparse(percentMin, bytesMax)
          || fileStore.rewriteTail(percentMin, bytesMax);
    } catch (RuntimeException e) {
      throw new BackendFailure("cannot reorder store file " + file + ": " + e.getMessage(), e);
    }
  }

  /** Whether the file is too short for putting it in order to be worth its writes. Any thread. */
  public boolean isSmall() {
    return sizeBytes() < smallBytes;
  }

  /** Bytes that nothing lives in any more and that commits and syncs will make free. Any thread. */
  public long deadBytes() {
    return fileStore.deadBytes();
  }

  /** Whether something was committed that no sync has made durable yet. Any thread. */
  public boolean hasUnsyncedCommits() {
    return commitCount != syncedCommitCount;
  }

  /**
   * Forgets the pages kept in memory, so that the next reads see what is on the disk. Any thread.
   */
  public void dropPageCache() {
    // Setting the size empties the cache, also when it is the same.
    store.setCacheSize(store.getCacheSize());
  }

  /**
   * Reads every record outside the revision map and verifies its checksum. Any thread.
   *
   * @return how many bytes of records were read
   * @throws CorruptRecordException when one fails
   */
  public long checkBuckets() {
    long[] bytes = {0};
    for (ByteBucket bucket : buckets.values()) {
      bucket.forEach((key, value) -> bytes[0] += key.length + value.length);
    }
    return bytes[0];
  }

  /** Length of the file. Any thread. */
  public long sizeBytes() {
    return store.getFileStore().size();
  }

  /**
   * What all records take, whatever room the file takes for them: keys, values and a round figure
   * for each. Falls at once when records are removed, and is the same on all members that hold the
   * same. Complete after {@link #loadRevisions}. Any thread.
   */
  public long logicalBytes() {
    long sum = revisions.tally().bytes();
    for (ByteBucket bucket : buckets.values()) {
      sum += bucket.tally().bytes();
    }
    return sum;
  }

  /** How much of {@link #sizeBytes()} holds living data, about. Any thread. */
  public long sizeInUseBytes() {
    return Math.min(sizeBytes(), logicalBytes());
  }

  /**
   * Syncs and closes. What was written after the last commit is not kept: no commit without its
   * applied index. Writing thread only; a second call does nothing.
   */
  @Override
  public void close() {
    synchronized (syncLock) {
      if (store.isClosed()) {
        return;
      }
      if (!hasCommitRecord) {
        indexFile.close();
        store.closeImmediately();
        return;
      }
      try {
        syncFile();
        fileStore.finish();
      } catch (RuntimeException e) {
        throw e instanceof BackendFailure
            ? e
            : new BackendFailure("cannot close store file " + file + ": " + e.getMessage(), e);
      } finally {
        indexFile.close();
        // MVStore's own close would commit once more, over chunks that the mark stands for.
        store.closeImmediately();
      }
    }
  }

  /** The file has another name now, and a mark of its own beside it. */
  void renamed(Path name, Disk disk) {
    synchronized (syncLock) {
      file = name;
      mark = Optional.of(new SyncedMark(disk, name));
      indexFile = new IndexFile(disk, name);
      syncFile();
    }
  }

  /**
   * Another file has taken the place of this one, which is of no more use: closes it as soon as the
   * snapshots and syncs under way have ended. Writing thread only; does not wait.
   */
  void retire() {
    retired = true;
    indexFile.close();
    if (users.get() == 0) {
      store.closeImmediately();
    }
  }

  /** Snapshots that are open and syncs under way: what keeps the file open. Any thread. */
  public int openReads() {
    return users.get();
  }

  private boolean enter() {
    users.incrementAndGet();
    if (retired) {
      leave();
      return false;
    }
    return true;
  }

  private void leave() {
    if (users.decrementAndGet() == 0 && retired) {
      store.closeImmediately();
    }
  }

  private ByteBucket openBucket(String name) {
    ByteBucket bucket = new ByteBucket(name, store, this::markDirty);
    bucket.verify(expected.getOrDefault(name, new Tally()), (key, value) -> true);
    buckets.put(name, bucket);
    tallies.put(name, bucket.tally());
    return bucket;
  }

  private CommitRecord readLast() {
    byte[] record =
        commits
            .get(COMMIT_KEY)
            .orElseThrow(() -> new IllegalArgumentException("it has no commit record"));
    return CommitRecord.decode(record);
  }

  private void markDirty() {
    dirty = true;
  }

  /**
   * Writes what there is, without a commit record, to bound memory while a file is loaded, and
   * syncs it: one large sync at the end would let every other file on the disk wait for its own.
   */
  void flushIncomplete() {
    try {
      synchronized (commitLock) {
        store.commit();
        fileStore.sync();
      }
    } catch (RuntimeException e) {
      throw new BackendFailure("cannot write store file " + file + ": " + e.getMessage(), e);
    }
  }

  /** Closes without writing anything more. */
  void abandon() {
    store.closeImmediately();
  }
}
