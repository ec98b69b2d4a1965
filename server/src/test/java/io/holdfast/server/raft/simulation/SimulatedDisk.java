package io.holdfast.server.raft.simulation;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.Ready;
import io.holdfast.server.raft.Restored;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.membership.LoggedConfChange;
import io.holdfast.server.raft.message.Message;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A disk with a page cache: what is appended becomes durable only when a sync that began later has
 * ended. A crash keeps any prefix of the writes that were under way, a write possibly torn between
 * its parts.
 */
final class SimulatedDisk {
  private final ArrayDeque<Write> cache = new ArrayDeque<>();
  private final ArrayList<Entry> entries = new ArrayList<>();
  private HardState hardState = HardState.INITIAL;
  private Snapshot snapshot;
  private int syncing;
  private boolean repairing;
  private ConfState membership = ConfState.NONE;
  private boolean membershipKnown;

  /** A state machine's state with its place in the log. */
  record Snapshot(SnapshotMetadata metadata, KeyValueMachine state) {}

  /**
   * A Ready to be written.
   *
   * @param snapshot the snapshot to install with its state; null = none
   * @param waiting messages that leave once this is durable
   */
  record Write(Ready ready, Snapshot snapshot, List<Message> waiting) {}

  SimulatedDisk(Restored beginning, int keys) {
    this.snapshot = new Snapshot(beginning.snapshot(), new KeyValueMachine(keys));
    this.hardState = beginning.hardState();
    this.entries.addAll(beginning.entries());
  }

  void append(Write write) {
    cache.add(write);
  }

  boolean isClean() {
    return cache.isEmpty();
  }

  boolean isSyncing() {
    return syncing > 0;
  }

  /** Begins a sync of everything appended so far. */
  void beginSync() {
    syncing = cache.size();
  }

  /** The sync that was begun has ended: its writes are durable, and returned in order. */
  List<Write> endSync() {
    List<Write> synced = new ArrayList<>(syncing);
    for (; syncing > 0; syncing--) {
      Write write = cache.poll();
      makeDurable(write);
      synced.add(write);
    }
    return synced;
  }

  void crash(SplittableRandom random) {
    int survive = cache.isEmpty() ? 0 : random.nextInt(cache.size() + 1);
    for (int i = 0; i < survive; i++) {
      makeDurable(cache.poll());
    }
    if (!cache.isEmpty() && random.nextInt(4) == 0) {
      tear(cache.poll(), random);
    }
    cache.clear();
    syncing = 0;
  }

  private void makeDurable(Write write) {
    if (write.snapshot() != null) {
      installSnapshot(write.snapshot());
    }
    writeEntries(write.ready().entries());
    write.ready().hardState().ifPresent(next -> hardState = next);
  }

  /** Entries first, hard state last: any prefix of that may have reached the disk. */
  private void tear(Write write, SplittableRandom random) {
    if (write.snapshot() != null) {
      return;
    }
    List<Entry> written = write.ready().entries();
    writeEntries(written.subList(0, random.nextInt(written.size() + 1)));
  }

  private void installSnapshot(Snapshot next) {
    membershipKnown = false;
    snapshot = next;
    entries.clear();
  }

  private void writeEntries(List<Entry> written) {
    if (written.isEmpty()) {
      return;
    }
    long first = written.get(0).index();
    boolean changes = entries.size() > 0 && entries.get(entries.size() - 1).index() >= first;
    for (Entry entry : written) {
      changes |= entry.type() == EntryType.CONFIG_CHANGE;
    }
    membershipKnown &= !changes;
    while (!entries.isEmpty() && entries.get(entries.size() - 1).index() >= first) {
      entries.remove(entries.size() - 1);
    }
    entries.addAll(written);
  }

  /** Keeps a durable copy of the state machine; entries below an index are dropped. */
  void saveSnapshot(Snapshot next, long keepFromIndex) {
    membershipKnown = false;
    snapshot = next;
    int drop = 0;
    while (drop < entries.size() && entries.get(drop).index() < keepFromIndex) {
      drop++;
    }
    entries.subList(0, drop).clear();
  }

  /**
   * The log is damaged: all its entries are void, sometimes the state machine is gone with them.
   * Term and vote are kept elsewhere and survive.
   *
   * @param initial what a member begins with that knows nothing
   */
  void loseLog(SplittableRandom random, Snapshot initial) {
    entries.clear();
    membershipKnown = false;
    if (random.nextInt(3) == 0) {
      snapshot = initial;
    }
    hardState = new HardState(hardState.term(), hardState.vote(), 0);
    repairing = true;
  }

  /** Whether the log was lost and is not known to be whole again. */
  boolean isRepairing() {
    return repairing;
  }

  void repaired() {
    repairing = false;
  }

  HardState hardState() {
    return hardState;
  }

  Snapshot snapshot() {
    return snapshot;
  }

  /** The term of the durable entry at an index; -1 when there is none. */
  long termAt(long index) {
    if (!entries.isEmpty()) {
      long offset = index - entries.get(0).index();
      if (offset >= 0 && offset < entries.size()) {
        return entries.get((int) offset).term();
      }
    }
    return index == snapshot.metadata().index() ? snapshot.metadata().term() : -1;
  }

  /** That of the last change in the durable log, or else of the snapshot. */
  ConfState membership() {
    if (!membershipKnown) {
      membership = snapshot.metadata().confState();
      for (Entry entry : entries) {
        if (entry.type() == EntryType.CONFIG_CHANGE
            && entry.index() > snapshot.metadata().index()) {
          membership = LoggedConfChange.decode(entry.data()).confState();
        }
      }
      membershipKnown = true;
    }
    return membership;
  }

  /** Where the durable log ends. */
  long lastIndex() {
    return entries.isEmpty()
        ? snapshot.metadata().index()
        : entries.get(entries.size() - 1).index();
  }

  /** Whether the entry, or a snapshot over it, is durable. */
  boolean holds(long index, long term) {
    return index < snapshot.metadata().index() || termAt(index) == term;
  }

  List<Entry> entries() {
    return entries;
  }

  Restored restore(HardState recovered) {
    return new Restored(
        recovered,
        snapshot.metadata(),
        List.copyOf(entries),
        snapshot.metadata().index(),
        repairing);
  }
}
