package io.holdfast.server.watch;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.EventBatch;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.MvccStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Brings unsynced watchers on, a bounded step at a time, one step at once.
 *
 * <p>A step takes watchers of streams that are ready. Those that the recent events cover are done
 * with at once. Of the others the first one leads: one stretch of history is read from where it
 * stands, and those that stand further on take their share of it. Whoever is not finished goes to
 * the end of its stream's queue, so that everyone leads in turn and a watcher that starts far back
 * does not hold up the rest.
 */
final class CatchUp implements Runnable {
  private static final int WATCHERS_PER_STEP_MAX = 128;

  private final WatchHub hub;
  private final Executor executor;
  private final long bytesMax;
  private final Consumer<Throwable> failure;
  private final AtomicBoolean scheduled = new AtomicBoolean();

  CatchUp(WatchHub hub, Executor executor, long bytesMax, Consumer<Throwable> failure) {
    this.hub = hub;
    this.executor = executor;
    this.bytesMax = bytesMax;
    this.failure = failure;
  }

  /** Has a step run soon if there is something to do. Not under the hub's lock. */
  void schedule() {
    if (hasWork() && scheduled.compareAndSet(false, true)) {
      executor.execute(this);
    }
  }

  @Override
  public void run() {
    try {
      step();
    } catch (RuntimeException | Error e) {
      failure.accept(e);
      return;
    }
    scheduled.set(false);
    schedule();
  }

  private boolean hasWork() {
    hub.lock().lock();
    try {
      return hub.hasRunnable();
    } finally {
      hub.lock().unlock();
    }
  }

  private void step() {
    List<Watcher> late;
    MvccStore store;
    long toRevision;
    hub.lock().lock();
    try {
      late = serveFromMemory(take());
      store = hub.store();
      toRevision = hub.revision();
    } finally {
      hub.lock().unlock();
    }
    if (!late.isEmpty()) {
      serveFromHistory(late, store, toRevision);
    }
  }

  private List<Watcher> take() {
    List<Watcher> taken = new ArrayList<>();
    HubStream stream;
    while (taken.size() < WATCHERS_PER_STEP_MAX && (stream = hub.pollRunnable()) != null) {
      while (taken.size() < WATCHERS_PER_STEP_MAX && stream.hasUnsynced()) {
        Watcher watcher = stream.pollUnsynced();
        if (hub.waits(watcher)) {
          taken.add(watcher);
        }
      }
      hub.enqueue(stream);
    }
    return taken;
  }

  /** Serves whom the recent events cover; cancels whose history is gone; returns the others. */
  private List<Watcher> serveFromMemory(List<Watcher> taken) {
    long compactRevision = hub.store().compactRevision();
    List<Watcher> covered = new ArrayList<>();
    List<Watcher> late = new ArrayList<>();
    long from = Long.MAX_VALUE;
    for (Watcher watcher : taken) {
      if (watcher.nextRevision < compactRevision) {
        // Also where memory still has the events: clients count on compaction being final. At the
        // compact revision itself memory would still know the pairs before the changes.
        hub.cancelCompacted(watcher, compactRevision);
      } else if (watcher.nextRevision > compactRevision
          && hub.recent().covers(watcher.nextRevision)) {
        covered.add(watcher);
        from = Math.min(from, watcher.nextRevision);
      } else {
        late.add(watcher);
      }
    }
    if (!covered.isEmpty()) {
      EventBatch stretch = hub.recent().from(from, bytesMax);
      BatchSelector selector = new BatchSelector(stretch.revisions());
      for (Watcher watcher : covered) {
        bringOn(watcher, selector, stretch.nextRevision() - 1);
      }
    }
    return late;
  }

  private void serveFromHistory(List<Watcher> late, MvccStore store, long toRevision) {
    Watcher leader = late.get(0);
    long fromRevision = leader.nextRevision;
    EventBatch history = null;
    try {
      history = store.readEvents(fromRevision, toRevision, commonRange(late), bytesMax);
    } catch (StoreException e) {
      if (e.error() != EtcdError.COMPACTED) {
        throw e;
      }
      // A compaction came in between; the next step cancels whom it concerns.
    } catch (RuntimeException e) {
      if (store == hub.store()) {
        throw e;
      }
      // A snapshot took the store's place while it was being read: read the new one.
    }
    BatchSelector selector = history == null ? null : new BatchSelector(history.revisions());
    for (Watcher watcher : late) {
      hub.lock().lock();
      try {
        if (!hub.waits(watcher)) {
          continue;
        }
        if (selector != null && watcher.nextRevision >= fromRevision) {
          bringOn(watcher, selector, history.nextRevision() - 1);
        } else {
          putBack(watcher);
        }
      } finally {
        hub.lock().unlock();
      }
    }
  }

  /**
   * Delivers a watcher's share of a stretch of history.
   *
   * @param reached the last revision of the stretch
   */
  private void bringOn(Watcher watcher, BatchSelector selector, long reached) {
    List<WatchBatch> batch = selector.select(watcher);
    if (!batch.isEmpty()) {
      if (!watcher.stream.isReady()) {
        putBack(watcher);
        return;
      }
      hub.deliver(watcher, reached, batch.get(0));
    }
    if (watcher.nextRevision <= reached) {
      watcher.nextRevision = reached + 1;
      watcher.startsLater = false;
    }
    if (watcher.nextRevision > hub.revision()) {
      hub.sync(watcher);
    } else {
      putBack(watcher);
    }
  }

  private void putBack(Watcher watcher) {
    watcher.stream.addUnsynced(watcher);
    hub.enqueue(watcher.stream);
  }

  private static KeyRange commonRange(List<Watcher> watchers) {
    KeyRange first = watchers.get(0).range;
    for (Watcher watcher : watchers) {
      if (!watcher.range.equals(first)) {
        return KeyRange.all();
      }
    }
    return first;
  }
}
