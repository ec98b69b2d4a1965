package io.holdfast.server.watch;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.mvcc.CommittedRevision;
import io.holdfast.server.mvcc.Event;
import io.holdfast.server.mvcc.MvccStore;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * All watch streams of the member.
 *
 * <p>The store's commits are collected on the loop thread and handed out once per applied batch, or
 * once for several while streams are busy ({@link Gathering}): each event is looked up in the index
 * of synced watchers, the events of a batch are merged per range, and every watcher of the range
 * gets the same {@link WatchBatch}. A watcher whose client is not ready leaves the index and its
 * place in history is noted; nothing is queued for it.
 *
 * <p>Watchers that are behind catch up in bounded steps on an executor ({@link CatchUp}): from the
 * recent events in memory if they are only a little late, else from the store's history, which is
 * read without holding the lock.
 *
 * <p><b>Threads.</b> One lock guards everything; messages are delivered under it, so they reach a
 * stream in the order in which they took effect, and sinks must not block or call back.
 */
public final class WatchHub {
  private static final String DUPLICATE_ID = "mvcc: duplicate watch ID provided on the WatchStream";
  private static final String EMPTY_RANGE = "mvcc: watcher range is empty";

  private final ReentrantLock lock = new ReentrantLock();
  private final WatchHubOptions options;
  private final WatcherIndex synced = new WatcherIndex();

  /** In the order of their opening, so that a run can be repeated. */
  private final Set<HubStream> streams = new LinkedHashSet<>();

  private final RecentEvents recent;
  private final CatchUp catchUp;
  private final List<CommittedRevision> committed = new ArrayList<>();
  private final Gathering gathering = new Gathering();
  private final List<WatchGroup> touched = new ArrayList<>();
  private final Queue<HubStream> progressRequests = new ArrayDeque<>();
  private final Queue<HubStream> runnable = new ArrayDeque<>();
  private volatile MvccStore store;
  private long revision;
  private long watcherCount;
  private long slowWatcherCount;
  private long eventsSent;
  private long lastProgressNanos;
  private boolean progressStarted;

  /**
   * Listens to the store's commits from now on.
   *
   * @param executor runs the bounded steps in which unsynced watchers catch up
   * @param failure told when history cannot be read: the store is damaged
   */
  public WatchHub(
      MvccStore store, Executor executor, WatchHubOptions options, Consumer<Throwable> failure) {
    this.store = store;
    this.options = options;
    this.revision = store.currentRevision();
    this.recent = new RecentEvents(options.recentBytesMax(), revision + 1);
    this.catchUp = new CatchUp(this, executor, options.catchUpBytesMax(), failure);
    store.addCommitListener(committed::add);
  }

  /** Opens a stream. Any thread. */
  public WatchStream open(WatchSink sink) {
    HubStream stream = new HubStream(this, sink);
    locked(() -> streams.add(stream));
    return stream;
  }

  /**
   * Delivers the events of the revisions committed since the last call, or lets them gather for a
   * moment while streams are busy. Loop thread.
   */
  public void batchApplied() {
    if (committed.isEmpty()) {
      return;
    }
    lock.lock();
    try {
      gathering.add(committed);
      if (watcherCount == 0 || gathering.isDue()) {
        handOut();
      }
    } finally {
      lock.unlock();
      committed.clear();
    }
  }

  /** Delivers what has gathered, however busy the streams are. Any thread. */
  public void handOutGathered() {
    locked(this::handOutWaiting);
  }

  /**
   * A snapshot has replaced the store: all watchers go on from where they were in the history of
   * the new one. Loop thread.
   */
  public void storeReplaced(MvccStore replacement) {
    lock.lock();
    try {
      store = replacement;
      committed.clear();
      gathering.clear();
      replacement.addCommitListener(committed::add);
      long reached = revision;
      revision = replacement.currentRevision();
      recent.clear(revision + 1);
      answerProgressRequests();
      for (HubStream stream : streams) {
        stream.watchers().forEach(watcher -> goBack(watcher, reached + 1));
        enqueue(stream);
      }
    } finally {
      lock.unlock();
    }
    catchUp.schedule();
  }

  /**
   * Hands out what has gathered and sends periodic progress where it is due. Any thread, several
   * times a second.
   */
  public void tick(long nowNanos) {
    lock.lock();
    try {
      handOutWaiting();
      if (!progressStarted) {
        progressStarted = true;
        lastProgressNanos = nowNanos;
      }
      if (nowNanos - lastProgressNanos < options.progressIntervalNanos() || isBehindStore()) {
        return;
      }
      lastProgressNanos = nowNanos;
      streams.forEach(this::notifyProgress);
    } finally {
      lock.unlock();
    }
  }

  /** As of now. Any thread. */
  public WatchFigures figures() {
    lock.lock();
    try {
      return new WatchFigures(
          watcherCount, slowWatcherCount, streams.size(), eventsSent, gathering.eventCount());
    } finally {
      lock.unlock();
    }
  }

  // --- what streams do ----------------------------------------------------------------------

  void create(HubStream stream, WatchRequest request) {
    locked(
        () -> {
          if (!stream.closed) {
            createLocked(stream, request);
          }
        });
    catchUp.schedule();
  }

  private void createLocked(HubStream stream, WatchRequest request) {
    // The store may be ahead of what has been handed out, but not of what clients may have seen.
    long current = store.currentRevision();
    if (request.startRevision() < 0) {
      stream.deliver(new WatchMessage.Refused(current, EtcdError.COMPACTED.text()));
      return;
    }
    if (request.range().isEmpty()) {
      stream.deliver(new WatchMessage.Refused(current, EMPTY_RANGE));
      return;
    }
    if (request.watchId() != 0 && stream.watchers().contains(request.watchId())) {
      stream.deliver(new WatchMessage.Refused(current, DUPLICATE_ID));
      return;
    }
    long id = request.watchId() != 0 ? request.watchId() : stream.assignId();
    boolean fromNow = request.startRevision() == 0;
    long next = fromNow ? current + 1 : request.startRevision();
    Watcher watcher = new Watcher(stream, id, request, next);
    watcher.startsLater = !fromNow && next > current;
    stream.watchers().add(watcher);
    watcherCount++;
    stream.deliver(new WatchMessage.Created(id, current));
    if (next > current) {
      watcher.state = Watcher.State.SYNCED;
      synced.add(watcher);
    } else {
      slowWatcherCount++;
      stream.addUnsynced(watcher);
      enqueue(stream);
    }
  }

  void cancel(HubStream stream, long watchId) {
    locked(
        () -> {
          Watcher watcher = stream.watchers().remove(watchId);
          if (watcher != null) {
            forget(watcher);
            stream.deliver(new WatchMessage.Canceled(watchId, store.currentRevision()));
          }
        });
  }

  void requestProgress(HubStream stream) {
    locked(
        () -> {
          if (isBehindStore()) {
            // Told at once, a watcher that has just been created would see revisions go back.
            if (!stream.progressRequested) {
              stream.progressRequested = true;
              progressRequests.add(stream);
            }
          } else {
            answerProgress(stream);
          }
        });
  }

  void ready(HubStream stream) {
    locked(() -> enqueue(stream));
    catchUp.schedule();
  }

  void streamBusy() {
    gathering.streamBusy();
  }

  void streamIdle() {
    if (gathering.streamIdle() && gathering.isWaiting()) {
      locked(
          () -> {
            if (gathering.isWaiting() && gathering.isDue()) {
              handOut();
            }
          });
    }
  }

  int sizeOf(HubStream stream) {
    lock.lock();
    try {
      return stream.watchers().size();
    } finally {
      lock.unlock();
    }
  }

  void close(HubStream stream) {
    locked(
        () -> {
          stream.closed = true;
          stream.watchers().forEach(this::forget);
          stream.clear();
          streams.remove(stream);
        });
  }

  // --- what catching up needs; under the lock -------------------------------------------------

  ReentrantLock lock() {
    return lock;
  }

  MvccStore store() {
    return store;
  }

  /** The revision up to which everything has been handed out. */
  long revision() {
    return revision;
  }

  RecentEvents recent() {
    return recent;
  }

  /** The next stream that has watchers to catch up and is ready for their events; null if none. */
  HubStream pollRunnable() {
    HubStream stream;
    while ((stream = runnable.poll()) != null) {
      stream.queued = false;
      if (stream.hasUnsynced() && stream.isReady()) {
        return stream;
      }
    }
    return null;
  }

  boolean hasRunnable() {
    return !runnable.isEmpty();
  }

  /** Lets a stream take part in catching up if it has a reason to and its client is ready. */
  void enqueue(HubStream stream) {
    if (!stream.queued && !stream.closed && stream.hasUnsynced() && stream.isReady()) {
      stream.queued = true;
      runnable.add(stream);
    }
  }

  /** Whether a watcher still waits to be brought on. */
  boolean waits(Watcher watcher) {
    return watcher.state == Watcher.State.UNSYNCED;
  }

  void sync(Watcher watcher) {
    watcher.state = Watcher.State.SYNCED;
    slowWatcherCount--;
    synced.add(watcher);
  }

  void cancelCompacted(Watcher watcher, long compactRevision) {
    watcher.stream.watchers().remove(watcher.id);
    forget(watcher);
    watcher.stream.deliver(new WatchMessage.Compacted(watcher.id, compactRevision));
  }

  void deliver(Watcher watcher, long reached, WatchBatch batch) {
    watcher.quiet = false;
    eventsSent += batch.events().size();
    watcher.stream.deliver(
        new WatchMessage.Events(watcher.id, reached, batch, watcher.previousWanted()));
  }

  // --- inside -------------------------------------------------------------------------------

  private void handOutWaiting() {
    if (gathering.isWaiting()) {
      handOut();
    }
  }

  private void handOut() {
    List<CommittedRevision> gathered = gathering.revisions();
    revision = gathered.get(gathered.size() - 1).revision();
    if (watcherCount == 0) {
      recent.clear(revision + 1);
    } else {
      flush(gathered);
    }
    gathering.clear();
    if (!isBehindStore()) {
      answerProgressRequests();
    }
  }

  private void flush(List<CommittedRevision> gathered) {
    for (CommittedRevision next : gathered) {
      recent.add(next);
      if (!synced.isEmpty()) {
        for (Event event : next.events()) {
          synced.forEachGroup(event.keyValue().key(), group -> touch(group, event));
        }
      }
    }
    for (WatchGroup group : touched) {
      flush(group);
    }
    touched.clear();
  }

  private void touch(WatchGroup group, Event event) {
    if (group.addPending(event)) {
      touched.add(group);
    }
  }

  private void flush(WatchGroup group) {
    GroupBatches batches = new GroupBatches(group.takePending());
    // Backwards, because a watcher that leaves is replaced by the last one.
    for (int i = group.size() - 1; i >= 0; i--) {
      Watcher watcher = group.watcher(i);
      WatchBatch batch = batches.batchFor(watcher);
      if (batch == null) {
        continue;
      }
      if (watcher.stream.isReady()) {
        deliver(watcher, revision, batch);
      } else {
        watcher.nextRevision = Math.max(watcher.nextRevision, batches.firstRevision());
        desync(watcher);
      }
    }
  }

  private void goBack(Watcher watcher, long nextRevision) {
    if (watcher.state == Watcher.State.SYNCED) {
      watcher.nextRevision = Math.max(watcher.nextRevision, nextRevision);
      desync(watcher);
    }
  }

  private void desync(Watcher watcher) {
    synced.remove(watcher);
    watcher.state = Watcher.State.UNSYNCED;
    slowWatcherCount++;
    watcher.stream.addUnsynced(watcher);
  }

  /** Takes a watcher out of everything but its stream. */
  private void forget(Watcher watcher) {
    if (watcher.state == Watcher.State.SYNCED) {
      synced.remove(watcher);
    } else {
      slowWatcherCount--;
    }
    watcher.state = Watcher.State.CANCELED;
    watcherCount--;
  }

  /** Whether the store shows revisions that are about to be handed out. */
  private boolean isBehindStore() {
    return store.currentRevision() != revision;
  }

  private void answerProgressRequests() {
    HubStream stream;
    while ((stream = progressRequests.poll()) != null) {
      stream.progressRequested = false;
      answerProgress(stream);
    }
  }

  private void answerProgress(HubStream stream) {
    int size = stream.watchers().size();
    if (size > 0 && stream.watchers().count(this::isUpToDate) == size) {
      stream.deliver(new WatchMessage.Progress(WatchMessage.NO_WATCH_ID, revision));
    }
  }

  private void notifyProgress(HubStream stream) {
    stream.watchers().forEach(this::notifyProgress);
  }

  private void notifyProgress(Watcher watcher) {
    if (watcher.progressNotify()) {
      if (watcher.quiet && isUpToDate(watcher) && watcher.stream.isReady()) {
        watcher.stream.deliver(new WatchMessage.Progress(watcher.id, revision));
      }
      watcher.quiet = true;
    }
  }

  private boolean isUpToDate(Watcher watcher) {
    return watcher.state == Watcher.State.SYNCED && !watcher.startsAfter(revision);
  }

  private void locked(Runnable action) {
    lock.lock();
    try {
      action.run();
    } finally {
      lock.unlock();
    }
  }
}
