package io.holdfast.server.apply;

import io.holdfast.server.auth.Caller;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.IndeterminateException;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The proposals of this member whose outcome someone here waits for. Keeps the decoded command, so
 * that the applier need not decode what this member encoded itself. Thread-safe.
 */
public final class PendingRequests {

  /**
   * A command on its way through the log.
   *
   * @param id unique across members and restarts
   * @param entry the encoded command: what is to be proposed
   * @param deadlineNanos monotonic time after which its outcome is no longer awaited
   * @param result completed once, on the loop thread, when the command was applied here; with a
   *     StoreException when it was refused, an IndeterminateException when the wait was given up
   */
  public record Pending(
      long id,
      Command command,
      byte[] entry,
      long deadlineNanos,
      CompletableFuture<CommandResult> result) {}

  private final CommandFormat format;
  private final int pendingMax;
  private final AtomicLong lastId;
  private final AtomicInteger size = new AtomicInteger();
  private final ConcurrentMap<Long, Pending> pendingById = new ConcurrentHashMap<>();

  /**
   * Ids begin with 16 bits of the member, go on with 40 bits of the start time in milliseconds and
   * leave the rest to a counter, so that neither another member nor a later start of this one
   * repeats them.
   *
   * @param startMillis wall-clock time of this process's start
   * @param pendingMax how many may wait at once; more are refused
   */
  public PendingRequests(CommandFormat format, long memberId, long startMillis, int pendingMax) {
    this.format = format;
    this.pendingMax = pendingMax;
    long memberBits = (memberId & 0xFFFF) << 48;
    long timeBits = (startMillis & ((1L << 40) - 1)) << 8;
    this.lastId = new AtomicLong(memberBits | timeBits);
  }

  /** Encodes a command of the cluster's own and begins to wait for it, as below. */
  public Pending register(Command command, long deadlineNanos) {
    return register(Caller.CLUSTER, command, deadlineNanos);
  }

  /**
   * Encodes a command and begins to wait for it.
   *
   * @param caller on whose behalf it is executed
   * @throws io.holdfast.server.error.StoreException TOO_MANY_REQUESTS when too many wait already
   */
  public Pending register(Caller caller, Command command, long deadlineNanos) {
    if (size.incrementAndGet() > pendingMax) {
      size.decrementAndGet();
      throw EtcdError.TOO_MANY_REQUESTS.asException();
    }
    long id = lastId.incrementAndGet();
    Pending pending =
        new Pending(
            id,
            command,
            format.encode(id, caller, command),
            deadlineNanos,
            new CompletableFuture<>());
    pendingById.put(id, pending);
    return pending;
  }

  /**
   * Gives up waiting for a request, for example because the proposal was refused.
   *
   * @return false when it is not waited for any more
   */
  public boolean fail(long id, Throwable reason) {
    Pending pending = remove(id);
    return pending != null && pending.result().completeExceptionally(reason);
  }

  /** Gives up all requests whose deadline has passed: their outcome is unknown. */
  public void expire(long nowNanos) {
    for (Pending pending : pendingById.values()) {
      if (nowNanos - pending.deadlineNanos() >= 0) {
        fail(pending.id(), new IndeterminateException(EtcdError.TIMEOUT));
      }
    }
  }

  /** Gives up all requests, for example when the member stops. */
  public void failAll(EtcdError error) {
    for (Long id : pendingById.keySet()) {
      fail(id, new IndeterminateException(error));
    }
  }

  /** How many requests wait. */
  public int size() {
    return size.get();
  }

  /**
   * Takes the request that a committed entry belongs to out of the waiting ones; null when it was
   * not proposed here or is not waited for. The entry's bytes are compared, so that the kept
   * command is used only for exactly the entry it was encoded into.
   */
  Pending take(long id, byte[] entry) {
    Pending pending = pendingById.get(id);
    if (pending == null || !Arrays.equals(pending.entry(), entry)) {
      return null;
    }
    return remove(id);
  }

  private Pending remove(long id) {
    Pending pending = pendingById.remove(id);
    if (pending != null) {
      size.decrementAndGet();
    }
    return pending;
  }
}
