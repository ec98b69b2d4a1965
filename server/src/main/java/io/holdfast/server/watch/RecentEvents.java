package io.holdfast.server.watch;

import io.holdfast.server.mvcc.CommittedRevision;
import io.holdfast.server.mvcc.Event;
import io.holdfast.server.mvcc.EventBatch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * The latest revisions, up to a bound in bytes, for watchers that have fallen a little behind.
 * Guarded by the hub's lock.
 */
final class RecentEvents {
  private static final int EVENT_OVERHEAD_BYTES = 128;

  private final Deque<CommittedRevision> revisions = new ArrayDeque<>();
  private final long bytesMax;
  private long bytes;

  /** Every change from this revision on is here. */
  private long firstRevision;

  /** Every change below this revision has been added. */
  private long nextRevision;

  RecentEvents(long bytesMax, long nextRevision) {
    this.bytesMax = bytesMax;
    this.firstRevision = nextRevision;
    this.nextRevision = nextRevision;
  }

  boolean covers(long fromRevision) {
    return fromRevision >= firstRevision;
  }

  void add(CommittedRevision revision) {
    revisions.addLast(revision);
    bytes += size(revision);
    nextRevision = revision.revision() + 1;
    while (bytes > bytesMax) {
      CommittedRevision oldest = revisions.removeFirst();
      bytes -= size(oldest);
      firstRevision = oldest.revision() + 1;
    }
  }

  /** Forgets everything below a revision that is yet to come. */
  void clear(long next) {
    revisions.clear();
    bytes = 0;
    firstRevision = next;
    nextRevision = next;
  }

  /**
   * The kept revisions from the given one on, ascending; not beyond the revision that exceeds the
   * bound.
   *
   * @param fromRevision must be covered
   */
  EventBatch from(long fromRevision, long stretchBytesMax) {
    Deque<CommittedRevision> newer = new ArrayDeque<>();
    Iterator<CommittedRevision> newestFirst = revisions.descendingIterator();
    while (newestFirst.hasNext()) {
      CommittedRevision next = newestFirst.next();
      if (next.revision() < fromRevision) {
        break;
      }
      newer.addFirst(next);
    }
    List<CommittedRevision> stretch = new ArrayList<>();
    long stretchBytes = 0;
    while (!newer.isEmpty() && stretchBytes <= stretchBytesMax) {
      stretchBytes += size(newer.peekFirst());
      stretch.add(newer.pollFirst());
    }
    long next = newer.isEmpty() ? nextRevision : newer.peekFirst().revision();
    return new EventBatch(stretch, Math.max(next, fromRevision));
  }

  /** About how much memory a revision's events take. */
  static long size(CommittedRevision revision) {
    long size = 0;
    for (Event event : revision.events()) {
      size +=
          event.keyValue().key().length + event.keyValue().value().length + EVENT_OVERHEAD_BYTES;
    }
    return size;
  }
}
