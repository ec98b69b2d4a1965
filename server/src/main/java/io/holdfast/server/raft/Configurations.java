package io.holdfast.server.raft;

import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.membership.LoggedConfChange;
import java.util.ArrayDeque;
import java.util.Iterator;

/**
 * The memberships that a log holds, by the index from which each is in force: that of the last
 * change in the log counts, committed or not (Raft thesis, 4.1). Older ones are kept as long as the
 * log may still fall back to them, or a snapshot at their index may be taken.
 */
final class Configurations {
  private final ArrayDeque<Configuration> known = new ArrayDeque<>();
  private final SafetyRules rules;

  /** A membership and the index of the entry, or snapshot, that brought it. */
  private record Configuration(long index, ConfState confState) {}

  Configurations(SnapshotMetadata snapshot, SafetyRules rules) {
    this.rules = rules;
    reset(snapshot.index(), snapshot.confState());
  }

  /** Where the membership in force begins. */
  long index() {
    return known.peekLast().index;
  }

  /** The membership of the last change in the log. */
  ConfState last() {
    return known.peekLast().confState;
  }

  /**
   * The membership at an index.
   *
   * @param index at least that of {@link #forgetBelow}
   */
  ConfState at(long index) {
    Iterator<Configuration> descending = known.descendingIterator();
    while (descending.hasNext()) {
      Configuration one = descending.next();
      if (one.index <= index) {
        return one.confState;
      }
    }
    throw new IllegalArgumentException(
        "the membership at index "
            + index
            + " is forgotten, known from "
            + known.peekFirst().index);
  }

  /** An entry of type CONFIG_CHANGE is at the log's end. */
  void appended(Entry entry) {
    if (entry.index() > index()) {
      known.addLast(new Configuration(entry.index(), read(entry)));
    }
  }

  /** The log's entries from an index on are gone. */
  void truncated(long fromIndex) {
    while (known.size() > 1 && index() >= fromIndex && rules.undoesTruncatedChanges()) {
      known.pollLast();
    }
  }

  /** A snapshot takes the place of the log. */
  void reset(long index, ConfState confState) {
    known.clear();
    known.addLast(new Configuration(index, confState));
  }

  /** Nobody will ask for memberships at lower indexes any more. */
  void forgetBelow(long index) {
    while (known.size() > 1 && secondIndex() <= index) {
      known.pollFirst();
    }
  }

  private long secondIndex() {
    Iterator<Configuration> ascending = known.iterator();
    ascending.next();
    return ascending.next().index;
  }

  private static ConfState read(Entry entry) {
    try {
      return LoggedConfChange.decode(entry.data()).confState();
    } catch (IllegalArgumentException e) {
      throw new RaftInvariantError(
          "membership entries can be read", "entry " + entry + ": " + e.getMessage());
    }
  }
}
