package io.holdfast.server.mvcc;

import io.holdfast.server.backend.RevisionMap;
import java.util.ArrayList;
import java.util.List;

/**
 * Removes, in small steps, what a compaction has made unreadable: of each key all revisions before
 * the last one at or below the compact revision, and that one too if it is a tombstone below it (a
 * tombstone at the compact revision stays for watchers that start there).
 *
 * <p>A step first walks a stretch of the index, shortening histories and noting what they lose;
 * notes are then removed from the revision map in revision order, which touches each page once.
 * That order also keeps a crash half-way harmless: of one key older records go first, so a
 * tombstone never goes before what it hides. Nothing is remembered of the progress; the walk starts
 * again after a restart and finds the rest. Writing thread only.
 */
final class Compactor {
  private static final int KEYS_PER_RECORD = 32;
  private static final int KEYS_PER_WALK_MAX = 1 << 14;
  private static final byte[] BEGINNING = {};

  private final KeyTree tree;
  private final ValueCache cache;
  private final RevisionMap revisions;
  private final StoreTotals totals;
  private final RemovalNotes notes = new RemovalNotes();

  private long compactRevision;

  /** Where the walk goes on; null when it is done. */
  private byte[] position;

  private boolean removing;

  Compactor(KeyTree tree, ValueCache cache, RevisionMap revisions, StoreTotals totals) {
    this.tree = tree;
    this.cache = cache;
    this.revisions = revisions;
    this.totals = totals;
  }

  /** Begins a walk; notes left by one that is still under way are kept. */
  void start(long revision) {
    compactRevision = revision;
    position = BEGINNING;
  }

  /**
   * @return whether there is more to do
   */
  boolean step(int recordsMax) {
    long keysLeft = (long) recordsMax * KEYS_PER_RECORD;
    int recordsLeft = recordsMax;
    while (keysLeft > 0 && recordsLeft > 0) {
      if (removing) {
        recordsLeft -= removeNoted(recordsLeft);
      } else if (position != null && !notes.isFull()) {
        keysLeft -= walk(keysLeft);
      } else if (notes.count() > 0) {
        notes.sort();
        removing = true;
      } else {
        return false;
      }
    }
    return position != null || notes.count() > 0;
  }

  private int removeNoted(int max) {
    int removed = 0;
    while (removed < max) {
      if (!notes.next()) {
        removing = false;
        break;
      }
      revisions.remove(notes.main(), notes.sub());
      totals.countCompacted();
      removed++;
    }
    return removed;
  }

  /** Looks at some keys; first gathers those with a past, for changing the tree ends the walk. */
  private long walk(long keysMax) {
    Gather gather = new Gather(Math.min(keysMax, KEYS_PER_WALK_MAX));
    tree.walk(position, null, gather);
    for (KeyVersion version : gather.shortenable) {
      shorten(version);
    }
    position = gather.next;
    return gather.seen;
  }

  private final class Gather implements KeyTree.Visitor {
    private final long max;
    private final List<KeyVersion> shortenable = new ArrayList<>();
    private long seen;
    private byte[] next;

    Gather(long max) {
      this.max = max;
    }

    @Override
    public KeyTree.Passing pass(LazyLeaf leaf) {
      if (seen == max) {
        next = leaf.firstKey();
        return KeyTree.Passing.STOP;
      }
      if (leaf.mayHavePast()) {
        return KeyTree.Passing.OPEN;
      }
      seen++;
      return KeyTree.Passing.SKIP;
    }

    @Override
    public boolean visit(KeyVersion version) {
      if (seen == max) {
        next = version.key;
        return false;
      }
      seen++;
      if (version.isTombstone() && version.modRevision < compactRevision
          || version.olderCount > 0 && version.olderMain(0) <= compactRevision) {
        shortenable.add(version);
      }
      return true;
    }
  }

  private void shorten(KeyVersion version) {
    if (version.modRevision <= compactRevision) {
      boolean gone = version.isTombstone() && version.modRevision < compactRevision;
      note(version, version.olderCount);
      KeyVersion located = tree.locate(version.key);
      if (gone) {
        notes.add(version.modRevision, version.sub);
        tree.removeLocated();
        cache.release(located);
      } else if (version.olderCount > 0) {
        tree.putLocated(version.withoutOldest(version.olderCount));
      }
      return;
    }
    int kept = version.olderPositionAt(compactRevision);
    boolean keptGoes =
        kept >= 0 && version.isOlderTombstone(kept) && version.olderMain(kept) < compactRevision;
    int dropped = keptGoes ? kept + 1 : Math.max(kept, 0);
    if (dropped > 0) {
      note(version, dropped);
      tree.locate(version.key);
      tree.putLocated(version.withoutOldest(dropped));
    }
  }

  private void note(KeyVersion version, int oldest) {
    for (int i = 0; i < oldest; i++) {
      notes.add(version.olderMain(i), version.olderSub(i));
    }
  }
}
