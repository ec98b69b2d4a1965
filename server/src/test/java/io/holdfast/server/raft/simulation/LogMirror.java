package io.holdfast.server.raft.simulation;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.EntryType;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.membership.LoggedConfChange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a core's log holds, seen from outside: rebuilt from what it asks to be written. */
public final class LogMirror {
  private final ArrayList<Entry> entries = new ArrayList<>();
  private long baseIndex;
  private long baseTerm;
  private final TreeMap<Long, ConfState> memberships = new TreeMap<>();

  void reset(long index, long term) {
    entries.clear();
    baseIndex = index;
    baseTerm = term;
  }

  /** The membership that a snapshot brings. */
  void resetMembership(SnapshotMetadata snapshot) {
    memberships.clear();
    memberships.put(snapshot.index(), snapshot.confState());
  }

  void write(List<Entry> written) {
    if (written.isEmpty()) {
      return;
    }
    int keep = (int) (written.get(0).index() - baseIndex - 1);
    while (entries.size() > keep) {
      entries.remove(entries.size() - 1);
    }
    entries.addAll(written);
    long snapshotIndex = memberships.firstKey();
    memberships.tailMap(Math.max(written.get(0).index(), snapshotIndex + 1)).clear();
    for (Entry entry : written) {
      if (entry.type() == EntryType.CONFIG_CHANGE && entry.index() > snapshotIndex) {
        memberships.put(entry.index(), LoggedConfChange.decode(entry.data()).confState());
      }
    }
  }

  /** The membership of the last change in the log. */
  public ConfState membership() {
    return memberships.lastEntry().getValue();
  }

  /** The membership before an index of the log. */
  public ConfState membershipBefore(long index) {
    Map.Entry<Long, ConfState> before = memberships.lowerEntry(index);
    return before == null ? ConfState.NONE : before.getValue();
  }

  /** How many membership changes the log holds above an index. */
  public int changesAbove(long index) {
    return memberships.tailMap(index, false).size();
  }

  public long baseIndex() {
    return baseIndex;
  }

  public long lastIndex() {
    return baseIndex + entries.size();
  }

  /** The entry at an index above the base; null when there is none. */
  public Entry at(long index) {
    long offset = index - baseIndex - 1;
    return offset < 0 || offset >= entries.size() ? null : entries.get((int) offset);
  }

  /** The term at an index; -1 when it is not there. */
  public long termAt(long index) {
    if (index == baseIndex) {
      return baseTerm;
    }
    Entry entry = at(index);
    return entry == null ? -1 : entry.term();
  }
}
