package io.holdfast.server.watch;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;

/** A stream's own part; what it does to others it leaves to the hub. Guarded by the hub's lock. */
final class HubStream implements WatchStream {
  private final WatchHub hub;
  private final WatchSink sink;
  private final Map<Long, Watcher> watchers = new HashMap<>(2);
  private long nextId;

  /** Watchers that wait for history, canceled ones among them. */
  final Queue<Watcher> unsynced = new ArrayDeque<>(0);

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

  Collection<Watcher> watchers() {
    return watchers.values();
  }

  boolean isTaken(long watchId) {
    return watchers.containsKey(watchId);
  }

  long assignId() {
    while (watchers.containsKey(nextId)) {
      nextId++;
    }
    return nextId++;
  }

  void add(Watcher watcher) {
    watchers.put(watcher.id, watcher);
  }

  /** Null when there is none. */
  Watcher remove(long watchId) {
    return watchers.remove(watchId);
  }
}
