package io.holdfast.server.raft;

import java.util.Arrays;
import java.util.List;

/**
 * The part of the log that is in memory, and the marks on it:
 *
 * <pre>
 *   firstIndex <= ... handedOut <= commit,  handedOut <= persisted <= offered <= lastIndex
 * </pre>
 *
 * Entries up to {@code offered} were given out to be written, those up to {@code persisted} are
 * durable here, those up to {@code handedOut} were given out to be applied. Committed entries never
 * change (paper, 5.4.3); a suffix behind them may be replaced by a leader's.
 *
 * <p>Entries are in a ring, so that both ends are cheap to move.
 */
final class RaftLog {
  private static final int INITIAL_CAPACITY = 64;

  private Entry[] ring = new Entry[INITIAL_CAPACITY];
  private int head;
  private int count;

  /** Index and term of the entry just below the first one; its data is gone. */
  private long baseIndex;

  private long baseTerm;

  private final SafetyRules rules;
  private final Configurations configurations;
  private long commitIndex;
  private long persistedIndex;
  private long offeredIndex;
  private long handedOutIndex;
  private long appliedIndex;

  RaftLog(Restored restored, SafetyRules rules) {
    this.rules = rules;
    configurations = new Configurations(restored.snapshot(), rules);
    SnapshotMetadata snapshot = restored.snapshot();
    List<Entry> entries = restored.entries();
    baseIndex = snapshot.index();
    baseTerm = snapshot.term();
    int from = 0;
    if (!entries.isEmpty() && entries.get(0).index() <= snapshot.index()) {
      baseIndex = entries.get(0).index();
      baseTerm = entries.get(0).term();
      from = 1;
    }
    for (Entry entry : entries.subList(from, entries.size())) {
      if (entry.index() != lastIndex() + 1 || entry.term() < lastTerm()) {
        throw new RaftInvariantError(
            "restored log without gaps", entry + " behind " + lastIndex() + "/" + lastTerm());
      }
      append(entry);
    }
    if (lastIndex() >= snapshot.index() && termAt(snapshot.index()) != snapshot.term()) {
      throw new RaftInvariantError(
          "log matching",
          "recovery found snapshot "
              + snapshot.index()
              + "/"
              + snapshot.term()
              + " but that entry in term "
              + termAt(snapshot.index()));
    }
    if (lastIndex() < snapshot.index()) {
      reset(snapshot);
    }
    persistedIndex = lastIndex();
    offeredIndex = lastIndex();
    commitIndex = Math.max(restored.hardState().commit(), restored.appliedIndex());
    appliedIndex = restored.appliedIndex();
    handedOutIndex = appliedIndex;
    if (appliedIndex < snapshot.index() || commitIndex > lastIndex()) {
      throw new RaftInvariantError(
          "durability of committed entries",
          "recovery found snapshot "
              + snapshot.index()
              + ", applied "
              + appliedIndex
              + ", commit "
              + restored.hardState().commit()
              + ", last entry "
              + lastIndex());
    }
  }

  long firstIndex() {
    return baseIndex + 1;
  }

  long lastIndex() {
    return baseIndex + count;
  }

  long lastTerm() {
    return count == 0 ? baseTerm : ring[slot(count - 1)].term();
  }

  /** The memberships in this log. */
  Configurations configurations() {
    return configurations;
  }

  long commitIndex() {
    return commitIndex;
  }

  long persistedIndex() {
    return persistedIndex;
  }

  long offeredIndex() {
    return offeredIndex;
  }

  long appliedIndex() {
    return appliedIndex;
  }

  long handedOutIndex() {
    return handedOutIndex;
  }

  /**
   * The term of the entry at an index from {@code firstIndex - 1}; -1 when it is not known here.
   */
  long termAt(long index) {
    if (index < baseIndex || index > lastIndex()) {
      return -1;
    }
    return index == baseIndex ? baseTerm : entryAt(index).term();
  }

  Entry entryAt(long index) {
    return ring[slot((int) (index - baseIndex - 1))];
  }

  /** Whether a log ending there holds at least what this one holds (paper, 5.4.1). */
  boolean isUpToDate(long otherLastIndex, long otherLastTerm) {
    return otherLastTerm > lastTerm()
        || otherLastTerm == lastTerm() && otherLastIndex >= lastIndex();
  }

  void append(Entry entry) {
    if (count == ring.length) {
      grow();
    }
    ring[slot(count)] = entry;
    count++;
    if (entry.type() == EntryType.CONFIG_CHANGE) {
      configurations.appended(entry);
    }
  }

  /**
   * Takes a leader's entries behind one that matched: those here already are left alone, from the
   * first conflict on the log is replaced (paper, 5.3).
   */
  void accept(List<Entry> entries) {
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      long known = termAt(entry.index());
      if (known >= 0 && rules.agrees(known, entry.term())) {
        continue;
      }
      if (known >= 0) {
        truncateSuffix(entry.index());
      }
      append(entry);
    }
  }

  /** Drops the entries from an index on. */
  private void truncateSuffix(long fromIndex) {
    if (fromIndex <= commitIndex) {
      throw new RaftInvariantError(
          "state machine safety",
          "a leader replaces entry "
              + fromIndex
              + ", which is committed here up to "
              + commitIndex);
    }
    int keep = (int) (fromIndex - baseIndex - 1);
    for (int i = keep; i < count; i++) {
      ring[slot(i)] = null;
    }
    count = keep;
    persistedIndex = Math.min(persistedIndex, fromIndex - 1);
    offeredIndex = Math.min(offeredIndex, fromIndex - 1);
    configurations.truncated(fromIndex);
  }

  /** Drops the entries below an index that are applied and in a snapshot. */
  void truncatePrefix(long keepFromIndex) {
    long newBase = Math.min(keepFromIndex - 1, Math.min(handedOutIndex, persistedIndex));
    if (newBase <= baseIndex) {
      return;
    }
    baseTerm = termAt(newBase);
    int drop = (int) (newBase - baseIndex);
    for (int i = 0; i < drop; i++) {
      ring[slot(i)] = null;
    }
    head = slot(drop);
    count -= drop;
    baseIndex = newBase;
  }

  /** Forgets all entries: a snapshot takes the place of everything up to an index. */
  void reset(SnapshotMetadata snapshot) {
    long snapshotIndex = snapshot.index();
    Arrays.fill(ring, null);
    head = 0;
    count = 0;
    baseIndex = snapshotIndex;
    baseTerm = snapshot.term();
    commitIndex = Math.max(commitIndex, snapshotIndex);
    persistedIndex = snapshotIndex;
    offeredIndex = snapshotIndex;
    configurations.reset(snapshotIndex, snapshot.confState());
  }

  /** The state machine is a snapshot's now. */
  void installed(long snapshotIndex) {
    handedOutIndex = Math.max(handedOutIndex, snapshotIndex);
    appliedIndex = Math.max(appliedIndex, snapshotIndex);
  }

  /**
   * @return whether the commit index moved
   */
  boolean commitTo(long index) {
    if (index <= commitIndex) {
      return false;
    }
    if (index > lastIndex()) {
      throw new RaftInvariantError(
          "durability of acknowledged entries",
          "the leader knows "
              + index
              + " to be committed and acknowledged here, but the log ends at "
              + lastIndex());
    }
    commitIndex = index;
    return true;
  }

  /** Whether the log up to here is durable, if the entry is still the one that was written. */
  boolean persisted(long index, long entryTerm) {
    if (index <= persistedIndex || termAt(index) != entryTerm) {
      return false;
    }
    persistedIndex = index;
    return true;
  }

  void applied(long index) {
    if (index > handedOutIndex) {
      throw new RaftInvariantError(
          "entries are applied once committed",
          "applied " + index + ", handed out up to " + handedOutIndex);
    }
    appliedIndex = Math.max(appliedIndex, index);
    configurations.forgetBelow(appliedIndex);
  }

  /** Entries to be written, each given out once unless replaced. */
  List<Entry> takeUnoffered() {
    long from = offeredIndex + 1;
    offeredIndex = lastIndex();
    return slice(from, offeredIndex);
  }

  boolean hasCommittedToHandOut() {
    return handedOutIndex < Math.min(commitIndex, persistedIndex);
  }

  /** Entries to be applied: committed, durable here, each given out once. */
  List<Entry> takeCommitted() {
    long from = handedOutIndex + 1;
    handedOutIndex = Math.max(handedOutIndex, Math.min(commitIndex, persistedIndex));
    return slice(from, handedOutIndex);
  }

  /** Entries from an index on up to a size; at least one if there is any. */
  List<Entry> sliceUpTo(long fromIndex, long bytesMax) {
    long last = lastIndex();
    if (fromIndex > last) {
      return List.of();
    }
    long bytes = entryAt(fromIndex).sizeBytes();
    long to = fromIndex;
    while (to < last) {
      bytes += entryAt(to + 1).sizeBytes();
      if (bytes > bytesMax) {
        break;
      }
      to++;
    }
    return slice(fromIndex, to);
  }

  private List<Entry> slice(long from, long to) {
    int size = (int) (to - from + 1);
    if (size <= 0) {
      return List.of();
    }
    if (size == 1) {
      return List.of(entryAt(from));
    }
    Entry[] copy = new Entry[size];
    int start = slot((int) (from - baseIndex - 1));
    int untilWrap = Math.min(size, ring.length - start);
    System.arraycopy(ring, start, copy, 0, untilWrap);
    System.arraycopy(ring, 0, copy, untilWrap, size - untilWrap);
    return Arrays.asList(copy);
  }

  /**
   * The highest index at or below {@code index} whose term is at most {@code term}: below it the
   * logs may agree, above it they cannot. Both sides skip a whole term of conflicts with it (paper,
   * end of 5.3).
   */
  long lastIndexOfTermAtMost(long index, long term) {
    long at = Math.min(index, lastIndex());
    while (at > baseIndex && entryAt(at).term() > term) {
      at--;
    }
    return at;
  }

  private int slot(int offset) {
    return (head + offset) & (ring.length - 1);
  }

  private void grow() {
    Entry[] grown = new Entry[ring.length << 1];
    int untilWrap = Math.min(count, ring.length - head);
    System.arraycopy(ring, head, grown, 0, untilWrap);
    System.arraycopy(ring, 0, grown, untilWrap, count - untilWrap);
    ring = grown;
    head = 0;
  }
}
