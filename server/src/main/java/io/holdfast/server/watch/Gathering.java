package io.holdfast.server.watch;

import io.holdfast.server.mvcc.CommittedRevision;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Committed revisions that are not handed out yet. While streams are still encoding what they got
 * before, new revisions gather here, up to a bound, so that under load a watcher gets many events
 * in one message instead of many messages; when the streams are at rest, nothing waits.
 *
 * <p>All but {@link #streamBusy}, {@link #streamIdle} and {@link #isWaiting} is guarded by the
 * hub's lock.
 */
final class Gathering {
  private static final int REVISIONS_MAX = 64;
  private static final long BYTES_MAX = 1 << 20;

  private final AtomicInteger busyStreams = new AtomicInteger();
  private final List<CommittedRevision> revisions = new ArrayList<>();
  private long bytes;
  private volatile boolean waiting;

  void add(List<CommittedRevision> committed) {
    for (CommittedRevision next : committed) {
      revisions.add(next);
      bytes += RecentEvents.size(next);
    }
    waiting = true;
  }

  /** Whether it may be handed out now. */
  boolean isDue() {
    return busyStreams.get() == 0 || revisions.size() >= REVISIONS_MAX || bytes >= BYTES_MAX;
  }

  /** Whether there is anything to hand out. Any thread. */
  boolean isWaiting() {
    return waiting;
  }

  List<CommittedRevision> revisions() {
    return revisions;
  }

  /** How many changes wait to be handed out. */
  long eventCount() {
    return revisions.stream().mapToLong(revision -> revision.events().size()).sum();
  }

  void clear() {
    revisions.clear();
    bytes = 0;
    waiting = false;
  }

  /** A stream has begun to work on what it got. Any thread. */
  void streamBusy() {
    busyStreams.incrementAndGet();
  }

  /**
   * A stream has done its work. Any thread.
   *
   * @return whether it was the last busy one
   */
  boolean streamIdle() {
    return busyStreams.decrementAndGet() == 0;
  }
}
