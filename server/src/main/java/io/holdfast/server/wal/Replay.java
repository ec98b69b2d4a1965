package io.holdfast.server.wal;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.HardState;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Rebuilds the log from its records in the order they were written: an entry replaces the suffix
 * that begins at its index, a saved snapshot drops what it covers, an installed one drops all.
 *
 * <p>The oldest segment may begin with entries far above the mark its first batch repeats, because
 * the ones between went with the segments before it; a later mark must then close that gap.
 */
class Replay {
  private final ArrayList<Entry> entries = new ArrayList<>();
  private HardState hardState = HardState.INITIAL;
  private SnapshotMetadata mark = SnapshotMetadata.initial(ConfState.ofVoters(List.of()));

  void hardState(HardState state) {
    hardState = state;
  }

  /**
   * @throws IllegalArgumentException when the entry leaves a gap or goes back in terms
   */
  void entry(Entry entry) {
    if (entry.index() <= mark.index()) {
      throw new IllegalArgumentException(
          "entry " + entry.index() + " follows snapshot mark " + mark.index());
    }
    if (entries.isEmpty() || entry.index() <= entries.get(0).index()) {
      entries.clear();
    } else {
      truncateSuffix(entry.index());
      Entry last = entries.get(entries.size() - 1);
      if (entry.index() != last.index() + 1) {
        throw new IllegalArgumentException(
            "entry " + entry.index() + " follows entry " + last.index());
      }
      if (entry.term() < last.term()) {
        throw new IllegalArgumentException(
            "entry " + entry.index() + " has a lower term than the one before");
      }
    }
    entries.add(entry);
  }

  /**
   * @throws IllegalArgumentException when the mark lies below an earlier one
   */
  void snapshotSaved(SnapshotMetadata next) {
    boolean repeated = next.index() == mark.index();
    advance(next);
    if (repeated || entries.isEmpty() || next.index() < entries.get(0).index()) {
      return;
    }
    int covered = (int) Math.min(entries.size(), next.index() - entries.get(0).index() + 1);
    Entry last = entries.get(covered - 1);
    if (last.index() == next.index() && last.term() == next.term()) {
      entries.subList(0, covered).clear();
    } else {
      entries.clear(); // the state came from elsewhere: what this log said is void
    }
  }

  /**
   * @throws IllegalArgumentException when the mark lies below an earlier one
   */
  void snapshotInstalled(SnapshotMetadata next) {
    advance(next);
    entries.clear();
  }

  private void advance(SnapshotMetadata next) {
    if (next.index() < mark.index()) {
      throw new IllegalArgumentException(
          "snapshot mark " + next.index() + " follows mark " + mark.index());
    }
    mark = next;
  }

  /**
   * @throws IllegalArgumentException when entries between the mark and the first one are missing
   */
  Recovered finish(WalIdentity identity, boolean fresh) {
    long next = mark.index() + 1;
    if (!entries.isEmpty()) {
      long first = entries.get(0).index();
      if (first > next) {
        throw new IllegalArgumentException(
            "entries " + next + " to " + (first - 1) + " are missing");
      }
      entries.subList(0, (int) Math.min(entries.size(), next - first)).clear();
    }
    long last = mark.index() + entries.size();
    HardState state =
        new HardState(hardState.term(), hardState.vote(), Math.min(hardState.commit(), last));
    return new Recovered(identity, fresh, state, mark, Collections.unmodifiableList(entries));
  }

  private void truncateSuffix(long index) {
    long keep = index - entries.get(0).index();
    if (keep < entries.size()) {
      entries.subList((int) keep, entries.size()).clear();
    }
  }

  /** For those who only want to know whether everything checks out: keeps nothing. */
  static final class Nothing extends Replay {
    @Override
    void hardState(HardState state) {}

    @Override
    void entry(Entry entry) {}

    @Override
    void snapshotSaved(SnapshotMetadata next) {}

    @Override
    void snapshotInstalled(SnapshotMetadata next) {}
  }
}
