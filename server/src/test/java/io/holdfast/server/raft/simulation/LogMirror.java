package io.holdfast.server.raft.simulation;

import io.holdfast.server.raft.Entry;
import java.util.ArrayList;
import java.util.List;

/** What a core's log holds, seen from outside: rebuilt from what it asks to be written. */
public final class LogMirror {
  private final ArrayList<Entry> entries = new ArrayList<>();
  private long baseIndex;
  private long baseTerm;

  void reset(long index, long term) {
    entries.clear();
    baseIndex = index;
    baseTerm = term;
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
