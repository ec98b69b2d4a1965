package io.holdfast.server.service.member;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.OptionalLong;

/**
 * Says when to compact, and up to which revision, in etcd's rhythm. Every member keeps the schedule
 * so that a new leader knows what was current a while ago; only a leader acts on it. Time is an
 * argument. Not thread-safe.
 */
abstract sealed class CompactionSchedule {

  /** How often {@link #turn} is to be called, in nanoseconds. */
  abstract long intervalNanos();

  /**
   * The revision to compact to now; empty when it is not yet time, or nothing came up since.
   *
   * @param nowNanos monotonic
   * @param revision the store's current one
   * @param leads whether this member leads
   */
  abstract OptionalLong turn(long nowNanos, long revision, boolean leads);

  /** What {@link #turn} asked for was done, or had been done before. */
  abstract void done(long nowNanos, long revision);

  /**
   * @param revision the store's current one
   */
  static CompactionSchedule of(AutoCompaction setting, long nowNanos, long revision) {
    if (setting instanceof AutoCompaction.Periodic periodic) {
      return new Periodic(periodic.retention(), nowNanos, revision);
    } else if (setting instanceof AutoCompaction.ByRevision byRevision) {
      return new ByRevision(byRevision.retention());
    }
    throw new IllegalArgumentException("no schedule for " + setting);
  }

  /**
   * Notes the revision ten times in a retention (of at most an hour) and compacts to the one that
   * was current a whole retention ago.
   */
  private static final class Periodic extends CompactionSchedule {
    private static final long HOUR_NANOS = Duration.ofHours(1).toNanos();
    private static final int NOTES_PER_INTERVAL = 10;

    private final long periodNanos;
    private final long noteNanos;
    private final int notesMax;
    private final ArrayDeque<Long> notes = new ArrayDeque<>();
    private long waitNanos;
    private long lastDoneNanos;
    private long lastRevision;

    Periodic(Duration retention, long nowNanos, long revision) {
      periodNanos = retention.toNanos();
      noteNanos = Math.max(1, Math.min(periodNanos, HOUR_NANOS) / NOTES_PER_INTERVAL);
      notesMax = (int) Math.min(periodNanos / noteNanos, Integer.MAX_VALUE - 1) + 1;
      waitNanos = periodNanos;
      lastDoneNanos = nowNanos;
      notes.addLast(revision);
    }

    @Override
    long intervalNanos() {
      return noteNanos;
    }

    @Override
    OptionalLong turn(long nowNanos, long revision, boolean leads) {
      OptionalLong due = OptionalLong.empty();
      if (leads && nowNanos - lastDoneNanos >= waitNanos) {
        long oldest = notes.getFirst();
        if (oldest != lastRevision) {
          waitNanos = Math.min(periodNanos, HOUR_NANOS);
          due = OptionalLong.of(oldest);
        }
      }
      notes.addLast(revision);
      if (notes.size() > notesMax) {
        notes.removeFirst();
      }
      return due;
    }

    @Override
    void done(long nowNanos, long revision) {
      lastRevision = revision;
      lastDoneNanos = nowNanos;
    }
  }

  /** Keeps a number of revisions, looking every five minutes. */
  private static final class ByRevision extends CompactionSchedule {
    private static final long INTERVAL_NANOS = Duration.ofMinutes(5).toNanos();

    private final long retention;
    private long lastRevision;

    ByRevision(long retention) {
      this.retention = retention;
    }

    @Override
    long intervalNanos() {
      return INTERVAL_NANOS;
    }

    @Override
    OptionalLong turn(long nowNanos, long revision, boolean leads) {
      long target = revision - retention;
      return leads && target > 0 && target != lastRevision
          ? OptionalLong.of(target)
          : OptionalLong.empty();
    }

    @Override
    void done(long nowNanos, long revision) {
      lastRevision = revision;
    }
  }
}
