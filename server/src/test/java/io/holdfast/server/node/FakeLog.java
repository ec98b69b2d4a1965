package io.holdfast.server.node;

import io.holdfast.server.error.StorageFailure;
import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.SnapshotMetadata;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * A log in memory that remembers what was synced, can hold a sync back, and can fail at any call.
 */
final class FakeLog implements LogStore {
  private final List<Entry> entries = new ArrayList<>();
  private final List<SnapshotMetadata> marks = new ArrayList<>();
  private final Semaphore syncPermits = new Semaphore(0);
  private HardState appendedHardState = HardState.INITIAL;
  private HardState syncedHardState = HardState.INITIAL;
  private long appendedIndex;
  private long syncedIndex;
  private long truncatedBelow;
  private int calls;
  private int failAtCall = Integer.MAX_VALUE;
  private boolean heldBack;
  private int syncs;
  private int syncsWaiting;
  private boolean failed;
  private Runnable duringSyncs = () -> {};
  private String lastSyncThread = "";

  /** What happens during every sync from now on: time may pass. */
  synchronized void duringSyncs(Runnable event) {
    duringSyncs = event;
  }

  /** The name of the thread that synced last. */
  synchronized String lastSyncThread() {
    return lastSyncThread;
  }

  /** Lets the n-th call from now, counted from 1, fail. */
  synchronized void failAtCall(int number) {
    failAtCall = calls + number;
  }

  /** Makes every sync wait for {@link #releaseSyncs}. */
  synchronized void holdSyncsBack() {
    heldBack = true;
  }

  void releaseSyncs() {
    synchronized (this) {
      heldBack = false;
    }
    syncPermits.release(1_000_000);
  }

  synchronized int syncs() {
    return syncs;
  }

  /** Syncs that have begun and are held back. */
  synchronized int syncsWaiting() {
    return syncsWaiting;
  }

  synchronized long syncedIndex() {
    return syncedIndex;
  }

  synchronized HardState syncedHardState() {
    return syncedHardState;
  }

  synchronized boolean hasFailed() {
    return failed;
  }

  synchronized int calls() {
    return calls;
  }

  synchronized List<SnapshotMetadata> marks() {
    return List.copyOf(marks);
  }

  synchronized long truncatedBelow() {
    return truncatedBelow;
  }

  @Override
  public synchronized void append(Optional<HardState> hardState, List<Entry> added) {
    called("append");
    hardState.ifPresent(state -> appendedHardState = state);
    for (Entry entry : added) {
      while (!entries.isEmpty() && entries.get(entries.size() - 1).index() >= entry.index()) {
        entries.remove(entries.size() - 1);
      }
      entries.add(entry);
      appendedIndex = entry.index();
      syncedIndex = Math.min(syncedIndex, entry.index() - 1);
    }
  }

  @Override
  public void sync() {
    boolean wait;
    long covered;
    HardState coveredState;
    synchronized (this) {
      called("sync");
      syncs++;
      duringSyncs.run();
      lastSyncThread = Thread.currentThread().getName();
      wait = heldBack;
      covered = appendedIndex;
      coveredState = appendedHardState;
      syncsWaiting += wait ? 1 : 0;
    }
    if (wait) {
      syncPermits.acquireUninterruptibly();
    }
    synchronized (this) {
      syncsWaiting -= wait ? 1 : 0;
      syncedIndex = covered;
      syncedHardState = coveredState;
    }
  }

  @Override
  public synchronized void snapshotSaved(SnapshotMetadata metadata) {
    called("snapshotSaved");
    marks.add(metadata);
  }

  @Override
  public synchronized void snapshotInstalled(SnapshotMetadata metadata) {
    called("snapshotInstalled");
    marks.add(metadata);
    entries.clear();
    appendedIndex = metadata.index();
  }

  @Override
  public synchronized void truncatePrefix(long index) {
    called("truncatePrefix");
    truncatedBelow = index;
  }

  @Override
  public void close() {
    // Nothing is open.
  }

  private void called(String what) {
    calls++;
    if (failed || calls >= failAtCall) {
      failed = true;
      throw new StorageFailure(what + " failed, as the test wished", new IOException("EIO"));
    }
  }
}
