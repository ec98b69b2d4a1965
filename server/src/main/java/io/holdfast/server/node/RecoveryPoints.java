package io.holdfast.server.node;

import io.holdfast.server.raft.Entry;
import io.holdfast.server.raft.SnapshotMetadata;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Decides when the state machine commits a version, when such a version is made durable, and how
 * much of the log stays behind it.
 *
 * <p>Commits are small and frequent, and happen between batches when the loop has nothing else to
 * do, if it ever has. A recovery point (commit, sync, then cut the log) is due every so many
 * entries or bytes; its sync runs on a thread of its own. The log itself is cut one point later
 * than it could be: a store that comes back older than its last synced version still finds its
 * entries.
 */
final class RecoveryPoints {
  /** A commit is forced at this multiple of the usual number of entries, however busy the loop. */
  private static final int FORCED_COMMIT_FACTOR = 4;

  /** A commit is due after so many bytes of entries: no commit takes long, or much memory. */
  private static final long COMMIT_BYTES_MAX = 4L << 20;

  /** Bytes of entries kept in memory behind a recovery point, whatever their number. */
  private static final long CATCHUP_BYTES_MAX = 32L << 20;

  /** The same while a snapshot is on its way: its receiver will need what comes behind it. */
  private static final long HELD_BYTES_MAX =
      Math.max(CATCHUP_BYTES_MAX, Runtime.getRuntime().maxMemory() / 8);

  /** For so long entries are kept for a receiver that says nothing. */
  private static final long TRANSFER_NANOS_MAX = TimeUnit.MINUTES.toNanos(15);

  /** For so long they are kept for one that has installed its snapshot and catches up. */
  private static final long CATCHUP_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final NodeOptions options;
  private final StateMachine stateMachine;
  private final Consumer<Throwable> fatal;
  private final BiConsumer<SnapshotMetadata, Optional<SnapshotMetadata>> onDurable;
  private final ExecutorService syncer;
  private final ArrayDeque<Batch> recent = new ArrayDeque<>();
  private long recentBytes;
  private long entriesSinceCommit;
  private long lastCommitNanos;
  private long entriesSincePoint;
  private long bytesSincePoint;
  private long bytesSinceCommit;
  private boolean wanted;
  private boolean syncing;
  private Optional<SnapshotMetadata> previousPoint = Optional.empty();
  private long installedIndex;

  /** What is kept for receivers of snapshots, by peer. */
  private final Map<Long, Hold> holds = new HashMap<>();

  private record Batch(long firstIndex, long bytes) {}

  private record Hold(long snapshotIndex, long untilNanos) {}

  /**
   * @param syncer runs the syncs, one by one; shut down in the end
   * @param onDurable told the new point and the one before it, on the syncing thread
   */
  RecoveryPoints(
      NodeOptions options,
      StateMachine stateMachine,
      ExecutorService syncer,
      Consumer<Throwable> fatal,
      BiConsumer<SnapshotMetadata, Optional<SnapshotMetadata>> onDurable) {
    this.options = options;
    this.stateMachine = stateMachine;
    this.fatal = fatal;
    this.onDurable = onDurable;
    this.syncer = syncer;
  }

  /** Takes note of applied entries. */
  void applied(List<Entry> entries) {
    long bytes = 0;
    for (int i = 0; i < entries.size(); i++) {
      bytes += entries.get(i).sizeBytes();
    }
    entriesSinceCommit += entries.size();
    entriesSincePoint += entries.size();
    bytesSincePoint += bytes;
    bytesSinceCommit += bytes;
    recent.addLast(new Batch(entries.get(0).index(), bytes));
    recentBytes += bytes;
    long oldestUseful =
        Math.min(stateMachine.appliedIndex() - options.snapshotCatchupEntries(), oldestHeld());
    long bytesMax = holds.isEmpty() ? CATCHUP_BYTES_MAX : HELD_BYTES_MAX;
    while (recent.size() > 1
        && (recentBytes > bytesMax || recent.peekFirst().firstIndex() < oldestUseful)) {
      recentBytes -= recent.pollFirst().bytes();
    }
  }

  /**
   * Commits and starts a recovery point when they are due.
   *
   * @param idle whether nothing waits for the loop
   */
  void turn(long nowNanos, boolean idle) {
    if (!syncing
        && (wanted
            || entriesSincePoint >= options.snapshotEntries()
            || bytesSincePoint >= options.snapshotBytes())) {
      startPoint(nowNanos);
    } else if (commitIsDue(nowNanos, idle)) {
      commit(nowNanos);
    }
  }

  /** Asks for a recovery point at the next turn, or when the one under way is done. */
  void request() {
    wanted = true;
  }

  /** Nanoseconds until the next commit is due for its age; a large number when none is. */
  long nanosUntilCommit(long nowNanos) {
    return entriesSinceCommit == 0
        ? Long.MAX_VALUE
        : Math.max(0, lastCommitNanos + options.commitIntervalNanos() - nowNanos);
  }

  /**
   * The recovery point is recorded: the next one may begin.
   *
   * @return false when a snapshot has taken the place of the state meanwhile, so that the point
   *     means nothing any more
   */
  boolean recorded(SnapshotMetadata point) {
    syncing = false;
    if (point.index() < installedIndex) {
      return false;
    }
    previousPoint = Optional.of(point);
    return true;
  }

  /** A peer is being sent the state at an index: what comes behind it is kept for a while. */
  void transferBegins(long peerId, long snapshotIndex, long nowNanos) {
    holds.put(peerId, new Hold(snapshotIndex, nowNanos + TRANSFER_NANOS_MAX));
  }

  /** The transfer has ended: a peer that got everything catches up now. */
  void transferEnded(long peerId, boolean delivered, long nowNanos) {
    Hold hold = holds.remove(peerId);
    if (hold != null && delivered) {
      holds.put(peerId, new Hold(hold.snapshotIndex(), nowNanos + CATCHUP_NANOS));
    }
  }

  /** The first index that stays in memory behind a point. */
  long keepFromIndex(SnapshotMetadata point, long nowNanos) {
    holds.values().removeIf(hold -> nowNanos - hold.untilNanos() >= 0);
    long byCount = Math.min(point.index() - options.snapshotCatchupEntries() + 1, oldestHeld());
    long byBytes = recent.isEmpty() ? point.index() + 1 : recent.peekFirst().firstIndex();
    return Math.min(point.index() + 1, Math.max(1, Math.max(byCount, byBytes)));
  }

  private long oldestHeld() {
    long oldest = Long.MAX_VALUE;
    for (Hold hold : holds.values()) {
      oldest = Math.min(oldest, hold.snapshotIndex() + 1);
    }
    return oldest;
  }

  /** The state was replaced by a snapshot, which is durable. */
  void installed(SnapshotMetadata snapshot) {
    recent.clear();
    recentBytes = 0;
    entriesSinceCommit = 0;
    entriesSincePoint = 0;
    bytesSincePoint = 0;
    previousPoint = Optional.of(snapshot);
    installedIndex = snapshot.index();
  }

  /** Waits for a sync under way, then commits and syncs what is left. */
  void finish() {
    stopSyncing();
    stateMachine.commit();
    stateMachine.sync();
  }

  /** Lets a sync under way end without waiting for more. */
  void stopSyncing() {
    syncer.shutdown();
    boolean interrupted = false;
    try {
      while (!syncer.awaitTermination(1, TimeUnit.SECONDS)) {
        Thread.onSpinWait();
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean commitIsDue(long nowNanos, boolean idle) {
    if (entriesSinceCommit == 0) {
      lastCommitNanos = nowNanos;
      return false;
    }
    return (idle && entriesSinceCommit >= options.commitEntries())
        || entriesSinceCommit >= (long) FORCED_COMMIT_FACTOR * options.commitEntries()
        || bytesSinceCommit >= COMMIT_BYTES_MAX
        || nowNanos - lastCommitNanos >= options.commitIntervalNanos();
  }

  private void commit(long nowNanos) {
    stateMachine.commit();
    entriesSinceCommit = 0;
    bytesSinceCommit = 0;
    lastCommitNanos = nowNanos;
  }

  private void startPoint(long nowNanos) {
    commit(nowNanos);
    entriesSincePoint = 0;
    bytesSincePoint = 0;
    wanted = false;
    syncing = true;
    SnapshotMetadata point =
        new SnapshotMetadata(
            stateMachine.appliedIndex(), stateMachine.appliedTerm(), stateMachine.confState());
    Optional<SnapshotMetadata> before = previousPoint;
    syncer.execute(
        () -> {
          try {
            stateMachine.sync();
          } catch (Throwable cause) {
            fatal.accept(cause);
            return;
          }
          onDurable.accept(point, before);
        });
  }
}
