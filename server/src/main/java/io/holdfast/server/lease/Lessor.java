package io.holdfast.server.lease;

import io.holdfast.server.backend.Bucket;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.InvariantViolation;
import io.holdfast.server.mvcc.Key;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;

/**
 * All leases of the store.
 *
 * <p>Committed commands change them on the loop thread: {@link #grant}, {@link #remove}, {@link
 * #checkpoint}, {@link #attach}, {@link #detach}; the leases and their recorded remaining times are
 * kept in a bucket that is committed together with the keys. On the leader, the <em>primary</em>,
 * they also have a moment of expiry in monotonic time, which is not replicated: {@link #due} says
 * which have run out, and the caller proposes their revocation. A new leader starts the time of all
 * of them afresh, so that no lease ends early because of a change of leaders.
 *
 * <p>{@link #keepAlive}, {@link #timeToLive}, {@link #leases} and {@link #isPrimary} may be called
 * by any thread, everything else by the loop thread only. Time is an argument everywhere: {@code
 * nowNanos} is monotonic, of one origin.
 */
public final class Lessor {
  private static final int CHECKPOINTS_PER_COMMAND_MAX = 1000;
  private static final int RECORD_BYTES = 2 * Long.BYTES;

  private record Timer(long atNanos, Lease lease) {}

  private Bucket bucket;
  private final LessorOptions options;
  private final ConcurrentMap<Long, Lease> leases = new ConcurrentHashMap<>();
  private final Map<Key, Lease> leaseByKey = new HashMap<>();
  private final LeaseTotals totals = new LeaseTotals();
  private final Queue<Lease> checkpointsToClear = new ConcurrentLinkedQueue<>();
  private PriorityQueue<Timer> expiries = newTimers();
  private PriorityQueue<Timer> checkpointTimers = newTimers();
  private long revokeBudgetNanos;
  private long lastDueNanos;
  private volatile boolean primary;

  /**
   * Reads the leases of the bucket. Their keys are unknown until {@link #attach} was called for
   * each live key that has a lease.
   *
   * @param bucket where leases are kept; written on the loop thread only
   */
  public Lessor(Bucket bucket, LessorOptions options) {
    this.bucket = bucket;
    this.options = options;
    bucket.forEach(this::load);
  }

  /** Forgets everything and reads another bucket, after a snapshot replaced the state. */
  public void reload(Bucket replaced) {
    demote();
    leases.clear();
    leaseByKey.clear();
    bucket = replaced;
    bucket.forEach(this::load);
  }

  /** What happened to leases. Any thread. */
  public LeaseTotals totals() {
    return totals;
  }

  public LessorOptions options() {
    return options;
  }

  // --- committed commands -------------------------------------------------------------------

  /**
   * Creates a lease with exactly the given time to live: limits are for the proposer.
   *
   * @throws io.holdfast.server.error.StoreException LEASE_NOT_FOUND for id 0, LEASE_ALREADY_EXISTS
   */
  public void grant(long leaseId, long ttlSeconds, long nowNanos) {
    if (leaseId == 0) {
      throw EtcdError.LEASE_NOT_FOUND.asException();
    }
    if (leases.containsKey(leaseId)) {
      throw EtcdError.LEASE_ALREADY_EXISTS.asException();
    }
    Lease lease = new Lease(leaseId, ttlSeconds, 0);
    persist(lease);
    if (primary) {
      start(lease, nowNanos, 0);
    }
    leases.put(leaseId, lease);
    totals.countGranted(ttlSeconds);
  }

  public boolean exists(long leaseId) {
    return leases.containsKey(leaseId);
  }

  /**
   * The keys of a lease that is being revoked, in the order in which every member deletes them.
   *
   * @throws io.holdfast.server.error.StoreException LEASE_NOT_FOUND
   */
  public List<Key> keysToRevoke(long leaseId) {
    return existing(leaseId).sortedKeys();
  }

  /**
   * Ends a lease whose keys have been deleted in the same transaction.
   *
   * @throws io.holdfast.server.error.StoreException LEASE_NOT_FOUND
   */
  public void remove(long leaseId) {
    Lease lease = existing(leaseId);
    for (Key key : lease.sortedKeys()) {
      leaseByKey.remove(key);
    }
    leases.remove(leaseId);
    bucket.remove(recordKey(leaseId));
    totals.countRevoked();
    if (lease.isRevoking()) {
      totals.countExpired();
    }
    lease.answerWaiting(new KeepAlive.Unknown());
  }

  /** Records a remaining time; that of an unknown lease has no effect. */
  public void checkpoint(LeaseCheckpoint checkpoint, long nowNanos) {
    Lease lease = leases.get(checkpoint.leaseId());
    if (lease != null) {
      lease.checkpoint(checkpoint.remainingSeconds(), nowNanos, primary);
      persist(lease);
    }
  }

  /**
   * Makes a key belong to a lease, and to no other.
   *
   * @param leaseId 0 for none
   */
  public void attach(Key key, long leaseId) {
    if (leaseId == 0) {
      detach(key);
      return;
    }
    Lease lease = leases.get(leaseId);
    InvariantViolation.check(
        lease != null, "a key's lease exists", "lease " + leaseId + " does not");
    Lease before = leaseByKey.put(key, lease);
    if (before != lease) {
      if (before != null) {
        before.detach(key);
      }
      lease.attach(key);
    }
  }

  /** Ends a key's belonging to a lease, if it has one. */
  public void detach(Key key) {
    if (leaseByKey.isEmpty()) {
      return;
    }
    Lease lease = leaseByKey.remove(key);
    if (lease != null) {
      lease.detach(key);
    }
  }

  /** Whether any key belongs to a lease. */
  public boolean hasAttachments() {
    return !leaseByKey.isEmpty();
  }

  // --- the leader's time --------------------------------------------------------------------

  /**
   * Begins to measure time: this member leads.
   *
   * @param extendNanos added to every lease's time, for the interregnum in which nobody could keep
   *     it alive: an election timeout
   */
  public void promote(long nowNanos, long extendNanos) {
    clearTimers();
    lastDueNanos = nowNanos;
    revokeBudgetNanos = TimeUnit.SECONDS.toNanos(1);
    leases.values().forEach(lease -> start(lease, nowNanos, extendNanos));
    primary = true;
  }

  /** Stops to measure time: another member leads, or none. */
  public void demote() {
    primary = false;
    clearTimers();
    leases.values().forEach(lease -> lease.answerWaiting(new KeepAlive.NotPrimary()));
  }

  public boolean isPrimary() {
    return primary;
  }

  /**
   * What has to be proposed now. To be called several times a second; what is not taken up because
   * of the rate limit comes with the next call, and a lease that is still there some seconds after
   * it was named is named again.
   */
  public LeaseWork due(long nowNanos) {
    if (!primary) {
      return LeaseWork.NONE;
    }
    List<Long> expired = dueExpiries(nowNanos);
    List<LeaseCheckpoint> checkpoints = dueCheckpoints(nowNanos);
    return expired.isEmpty() && checkpoints.isEmpty()
        ? LeaseWork.NONE
        : new LeaseWork(expired, checkpoints);
  }

  // --- any thread ---------------------------------------------------------------------------

  /**
   * Renews a lease for its full time. The answer may come later: for a lease that has just expired,
   * when its end is applied; for one with a recorded remaining time, when that record is cleared.
   */
  public CompletionStage<KeepAlive> keepAlive(long leaseId, long nowNanos) {
    if (!primary) {
      return CompletableFuture.completedFuture(new KeepAlive.NotPrimary());
    }
    Lease lease = leases.get(leaseId);
    if (lease == null) {
      return CompletableFuture.completedFuture(new KeepAlive.Unknown());
    }
    CompletableFuture<KeepAlive> answer = new CompletableFuture<>();
    answer.thenAccept(totals::countIfRenewed);
    if (lease.keepAlive(nowNanos, answer)) {
      checkpointsToClear.add(lease);
    }
    // The lease may have ended, or the leadership, between the look-up and the entry.
    if (!primary) {
      lease.answerWaiting(new KeepAlive.NotPrimary());
    } else if (leases.get(leaseId) != lease) {
      lease.answerWaiting(new KeepAlive.Unknown());
    }
    return answer;
  }

  /**
   * A lease's times and keys; empty when it does not exist.
   *
   * @throws io.holdfast.server.error.StoreException NOT_LEADER when this member does not lead and
   *     cannot know the remaining time
   */
  public Optional<LeaseStatus> timeToLive(long leaseId, long nowNanos, boolean keysWanted) {
    if (!primary) {
      throw EtcdError.NOT_LEADER.asException();
    }
    Lease lease = leases.get(leaseId);
    if (lease == null) {
      return Optional.empty();
    }
    long remaining = TimeUnit.NANOSECONDS.toSeconds(lease.expiryNanos() - nowNanos);
    List<Key> keys = keysWanted ? lease.sortedKeys() : List.of();
    return Optional.of(new LeaseStatus(leaseId, lease.ttlSeconds(), remaining, keys));
  }

  /** The ids of all leases, ascending. */
  public List<Long> leases() {
    List<Long> ids = new ArrayList<>(leases.keySet());
    Collections.sort(ids);
    return ids;
  }

  // --- inside -------------------------------------------------------------------------------

  private List<Long> dueExpiries(long nowNanos) {
    long secondNanos = TimeUnit.SECONDS.toNanos(1);
    revokeBudgetNanos = Math.min(secondNanos, revokeBudgetNanos + (nowNanos - lastDueNanos));
    lastDueNanos = nowNanos;
    long revokeCostNanos = secondNanos / options.revokesPerSecond();
    List<Long> expired = new ArrayList<>();
    while (revokeBudgetNanos >= revokeCostNanos && isDue(expiries, nowNanos)) {
      Lease lease = expiries.poll().lease();
      if (leases.get(lease.id()) != lease) {
        continue;
      }
      if (!lease.beginRevoke(nowNanos)) {
        expiries.add(new Timer(lease.expiryNanos(), lease));
        continue;
      }
      revokeBudgetNanos -= revokeCostNanos;
      expired.add(lease.id());
      long retryNanos = nowNanos + TimeUnit.SECONDS.toNanos(options.revokeRetrySeconds());
      expiries.add(new Timer(retryNanos, lease));
    }
    return expired;
  }

  private List<LeaseCheckpoint> dueCheckpoints(long nowNanos) {
    List<LeaseCheckpoint> due = new ArrayList<>();
    while (due.size() < CHECKPOINTS_PER_COMMAND_MAX && !checkpointsToClear.isEmpty()) {
      due.add(new LeaseCheckpoint(checkpointsToClear.poll().id(), 0));
    }
    Queue<Timer> again = new ArrayDeque<>();
    while (due.size() < CHECKPOINTS_PER_COMMAND_MAX && isDue(checkpointTimers, nowNanos)) {
      Lease lease = checkpointTimers.poll().lease();
      if (leases.get(lease.id()) != lease) {
        continue;
      }
      long leftNanos = lease.expiryNanos() - nowNanos;
      long leftSeconds =
          (leftNanos + TimeUnit.SECONDS.toNanos(1) - 1) / TimeUnit.SECONDS.toNanos(1);
      if (leftNanos > 0 && leftSeconds < lease.ttlSeconds()) {
        due.add(new LeaseCheckpoint(lease.id(), leftSeconds));
      }
      again.add(new Timer(nowNanos + checkpointIntervalNanos(), lease));
    }
    checkpointTimers.addAll(again);
    return due;
  }

  private void start(Lease lease, long nowNanos, long extendNanos) {
    lease.start(nowNanos, extendNanos);
    expiries.add(new Timer(lease.expiryNanos(), lease));
    if (lease.ttlSeconds() > options.checkpointIntervalSeconds()) {
      checkpointTimers.add(new Timer(nowNanos + checkpointIntervalNanos(), lease));
    }
  }

  private long checkpointIntervalNanos() {
    return TimeUnit.SECONDS.toNanos(options.checkpointIntervalSeconds());
  }

  private void clearTimers() {
    expiries = newTimers();
    checkpointTimers = newTimers();
    checkpointsToClear.clear();
  }

  private Lease existing(long leaseId) {
    Lease lease = leases.get(leaseId);
    if (lease == null) {
      throw EtcdError.LEASE_NOT_FOUND.asException();
    }
    return lease;
  }

  private void load(byte[] key, byte[] value) {
    InvariantViolation.check(
        key.length == Long.BYTES && value.length == RECORD_BYTES,
        "lease records are well formed",
        "a record of " + key.length + " and " + value.length + " bytes");
    ByteBuffer record = ByteBuffer.wrap(value);
    Lease lease = new Lease(ByteBuffer.wrap(key).getLong(), record.getLong(), record.getLong());
    leases.put(lease.id(), lease);
  }

  private void persist(Lease lease) {
    byte[] value =
        ByteBuffer.allocate(RECORD_BYTES)
            .putLong(lease.ttlSeconds())
            .putLong(lease.remainingSeconds())
            .array();
    bucket.put(recordKey(lease.id()), value);
  }

  private static byte[] recordKey(long leaseId) {
    return ByteBuffer.allocate(Long.BYTES).putLong(leaseId).array();
  }

  private static boolean isDue(PriorityQueue<Timer> timers, long nowNanos) {
    return !timers.isEmpty() && nowNanos - timers.peek().atNanos() >= 0;
  }

  private static PriorityQueue<Timer> newTimers() {
    // Differences, because monotonic time may wrap around and the longest lease nearly spans it.
    return new PriorityQueue<>((a, b) -> Long.signum(a.atNanos() - b.atNanos()));
  }
}
