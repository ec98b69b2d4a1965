package io.holdfast.server.watch;

import io.holdfast.server.mvcc.Event;
import io.holdfast.server.mvcc.EventType;
import io.holdfast.server.mvcc.KeyRange;

/**
 * One registration. Guarded by the hub's lock; kept small, because there may be hundreds of
 * thousands.
 */
final class Watcher {
  /** Where a watcher stands. */
  enum State {
    /** In the index: new events reach it directly. */
    SYNCED,
    /** Has to read history first; not in the index. */
    UNSYNCED,
    /** Gone. */
    CANCELED
  }

  private static final int PREVIOUS = 1;
  private static final int PROGRESS = 2;
  private static final int WITHOUT_PUTS = 4;
  private static final int WITHOUT_DELETES = 8;
  private static final int FILTERS = WITHOUT_PUTS | WITHOUT_DELETES;

  final HubStream stream;
  final long id;

  /** Shared with the group once the watcher is in the index. */
  KeyRange range;

  /** No event below this revision is of interest any more. Not kept up to date while synced. */
  long nextRevision;

  State state = State.UNSYNCED;
  WatchGroup group;
  int positionInGroup;

  /** Whether nothing was delivered since the last round of progress notifications. */
  boolean quiet = true;

  /** Whether its start was still to come when it was last looked at. */
  boolean startsLater;

  private final byte flags;

  Watcher(HubStream stream, long id, WatchRequest request, long nextRevision) {
    this.stream = stream;
    this.id = id;
    this.range = request.range();
    this.nextRevision = nextRevision;
    this.flags =
        (byte)
            ((request.previousWanted() ? PREVIOUS : 0)
                | (request.progressNotify() ? PROGRESS : 0)
                | (request.withoutPuts() ? WITHOUT_PUTS : 0)
                | (request.withoutDeletes() ? WITHOUT_DELETES : 0));
  }

  /** Whether its start is still to come: then nothing can be said of its progress. */
  boolean startsAfter(long revision) {
    startsLater &= nextRevision > revision;
    return startsLater;
  }

  boolean previousWanted() {
    return (flags & PREVIOUS) != 0;
  }

  boolean progressNotify() {
    return (flags & PROGRESS) != 0;
  }

  /** Which kinds of events are left out; equal for watchers that see the same kinds. */
  int filters() {
    return flags & FILTERS;
  }

  static boolean passes(int filters, Event event) {
    if (filters == 0) {
      return true;
    }
    return (filters & (event.type() == EventType.PUT ? WITHOUT_PUTS : WITHOUT_DELETES)) == 0;
  }
}
