package io.holdfast.server.wal.fault;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.wal.Recovered;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;

/**
 * What a log should hold, kept in the simplest way. Changes are collected until {@link #synced}; a
 * crash may leave any prefix of the collected ones.
 */
final class LogTwin {

  /** One record's worth of change. */
  @FunctionalInterface
  private interface Change {
    void applyTo(State state);
  }

  private static final class State {
    private final TreeMap<Long, Entry> entries = new TreeMap<>();
    private HardState hardState = HardState.INITIAL;
    private SnapshotMetadata mark = SnapshotMetadata.initial(ConfState.ofVoters(List.of()));

    State copy() {
      State copy = new State();
      copy.entries.putAll(entries);
      copy.hardState = hardState;
      copy.mark = mark;
      return copy;
    }

    String describe() {
      return LogTwin.describe(hardState, mark, entries.tailMap(mark.index(), false).values());
    }
  }

  private State durable = new State();
  private final List<Change> pending = new ArrayList<>();

  void entry(Entry entry) {
    pending.add(
        state -> {
          state.entries.tailMap(entry.index(), true).clear();
          state.entries.put(entry.index(), entry);
        });
  }

  void hardState(HardState hardState) {
    pending.add(state -> state.hardState = hardState);
  }

  void snapshotSaved(SnapshotMetadata mark) {
    pending.add(state -> state.mark = mark);
  }

  void snapshotInstalled(SnapshotMetadata mark) {
    pending.add(
        state -> {
          state.mark = mark;
          state.entries.clear();
        });
  }

  LogTwin copy() {
    LogTwin copy = new LogTwin();
    copy.durable = durable.copy();
    copy.pending.addAll(pending);
    return copy;
  }

  /** All collected changes are acknowledged. */
  void synced() {
    pending.forEach(change -> change.applyTo(durable));
    pending.clear();
  }

  /** The term of an acknowledged entry. */
  long termAt(long index) {
    return durable.entries.get(index).term();
  }

  /** Index of the last acknowledged entry, or of the mark. */
  long lastIndex() {
    return Math.max(
        durable.mark.index(), durable.entries.isEmpty() ? 0 : durable.entries.lastKey());
  }

  /** Goes on from the state that a crash left, which must be a possible one. */
  void crashed(String left) {
    State state = durable.copy();
    for (int i = 0; i < pending.size() && !state.describe().equals(left); i++) {
      pending.get(i).applyTo(state);
    }
    durable = state;
    pending.clear();
  }

  /** The states a crash may leave, as text: the acknowledged one and every prefix after it. */
  List<String> possible() {
    List<String> states = new ArrayList<>();
    State state = durable.copy();
    states.add(state.describe());
    for (Change change : pending) {
      change.applyTo(state);
      states.add(state.describe());
    }
    return states;
  }

  /** What a log that was read back holds, as text that compares with {@link #possible}. */
  static String describe(Recovered recovered) {
    return describe(recovered.hardState(), recovered.snapshot(), recovered.entries());
  }

  private static String describe(
      HardState hardState, SnapshotMetadata mark, Collection<Entry> entries) {
    StringBuilder text = new StringBuilder();
    text.append(hardState).append(' ').append(mark).append(" [");
    for (Entry entry : entries) {
      text.append(entry.index()).append('/').append(entry.term()).append('/');
      text.append(entry.type()).append('/').append(entry.data().length).append('/');
      text.append(Arrays.hashCode(entry.data())).append(' ');
    }
    return text.append(']').toString();
  }
}
