package io.holdfast.server.watch;

import java.util.ArrayDeque;
import java.util.Queue;

/** A stream's own part; what it does to others it leaves to the hub. Guarded by the hub's lock. */
final class HubStream implements WatchStream {
  private final WatchHub hub;
  private final WatchSink sink;
  private final WatcherTable watchers = new WatcherTable();
  private long nextId;

  /** Watchers that wait for history, canceled ones among them; null when there are none. */
  private Queue<Watcher> unsynced;

  /** Whether the stream is in the hub's queue of those that can catch up. */
  boolean queued;

  /** Whether the stream is to be told its progress after the next flush. */
  boolean progressRequested;

  boolean closed;

  HubStream(WatchHub hub, WatchSink sink) {
    this.hub = hub;
    this.sink = sink;
  }

  @Override
  public void create(WatchRequest request) {
    hub.create(this, request);
  }

  @Override
  public void cancel(long watchId) {
    hub.cancel(this, watchId);
  }

  @Override
  public void requestProgress() {
    hub.requestProgress(this);
  }

  @Override
  public void ready() {
    hub.ready(this);
  }

  @Override
  public void busy() {
    hub.streamBusy();
  }

  @Override
  public void idle() {
    hub.streamIdle();
  }

  @Override
  public int size() {
    return hub.sizeOf(this);
  }

  @Override
  public void close() {
    hub.close(this);
  }

  boolean isReady() {
    return sink.isReady();
  }

  void deliver(WatchMessage message) {
    sink.deliver(message);
  }

  WatcherTable watchers() {
    return watchers;
  }

  boolean hasUnsynced() {
    return unsynced != null;
  }

  void addUnsynced(Watcher watcher) {
    if (unsynced == null) {
      unsynced = new ArrayDeque<>(1);
    }
    unsynced.add(watcher);
  }

  /** Only when there is one. */
  Watcher pollUnsynced() {
    Watcher watcher = unsynced.poll();
    if (unsynced.isEmpty()) {
      unsynced = null;
    }
    return watcher;
  }

  void clear() {
    watchers.clear();
    unsynced = null;
  }

  long assignId() {
    while (watchers.contains(nextId)) {
      nextId++;
    }
    return nextId++;
  }
}
