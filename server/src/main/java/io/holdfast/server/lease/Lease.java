package io.holdfast.server.lease;

import io.holdfast.server.mvcc.Key;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * One lease. Its own lock guards what keep-alives on other threads and the loop thread both touch:
 * the moment of expiry, the decision to revoke, and the keys.
 */
final class Lease {
  private final long id;
  private final long ttlSeconds;
  private final Set<Key> keys = new HashSet<>(2);
  private List<CompletableFuture<KeepAlive>> waiting = List.of();
  private long remainingSeconds;
  private long expiryNanos;
  private boolean revoking;
  private boolean clearingCheckpoint;

  Lease(long id, long ttlSeconds, long remainingSeconds) {
    this.id = id;
    this.ttlSeconds = ttlSeconds;
    this.remainingSeconds = remainingSeconds;
  }

  long id() {
    return id;
  }

  long ttlSeconds() {
    return ttlSeconds;
  }

  synchronized long remainingSeconds() {
    return remainingSeconds;
  }

  synchronized long expiryNanos() {
    return expiryNanos;
  }

  /** Starts its time at a new leader: what was recorded as remaining, else all of it. */
  synchronized void start(long nowNanos, long extendNanos) {
    long seconds = remainingSeconds > 0 ? remainingSeconds : ttlSeconds;
    expiryNanos = nowNanos + TimeUnit.SECONDS.toNanos(seconds) + extendNanos;
    revoking = false;
    clearingCheckpoint = false;
  }

  /**
   * Renews it at once, or leaves the answer to a later event: an expired lease waits for its
   * revocation (or the end of leadership), one with a recorded remaining time waits until the
   * record is cleared, for otherwise a new leader could cut the renewed time short.
   *
   * @param answer completed at once or later
   * @return whether a command to clear the recorded remaining time has to be proposed
   */
  boolean keepAlive(long nowNanos, CompletableFuture<KeepAlive> answer) {
    boolean clear = false;
    synchronized (this) {
      if (!revoking && nowNanos - expiryNanos < 0 && remainingSeconds == 0) {
        renew(nowNanos);
      } else {
        if (waiting.isEmpty()) {
          waiting = new ArrayList<>(1);
        }
        waiting.add(answer);
        clear = !revoking && nowNanos - expiryNanos < 0 && !clearingCheckpoint;
        clearingCheckpoint |= clear;
        return clear;
      }
    }
    answer.complete(new KeepAlive.Renewed(ttlSeconds));
    return false;
  }

  /** Decides its end when its time is up; keep-alives no longer count from then on. */
  synchronized boolean beginRevoke(long nowNanos) {
    revoking |= nowNanos - expiryNanos >= 0;
    return revoking;
  }

  /** Whether it was found that its time was up, here. */
  synchronized boolean isRevoking() {
    return revoking;
  }

  /** Records the remaining time; 0 clears the record and lets waiting keep-alives through. */
  void checkpoint(long seconds, long nowNanos, boolean primary) {
    List<CompletableFuture<KeepAlive>> answers;
    synchronized (this) {
      remainingSeconds = seconds;
      if (seconds > 0) {
        return;
      }
      clearingCheckpoint = false;
      if (!primary || revoking) {
        return;
      }
      if (waiting.isEmpty()) {
        return;
      }
      renew(nowNanos);
      answers = takeWaiting();
    }
    KeepAlive renewed = new KeepAlive.Renewed(ttlSeconds);
    answers.forEach(answer -> answer.complete(renewed));
  }

  /** Answers all waiting keep-alives alike. */
  void answerWaiting(KeepAlive outcome) {
    List<CompletableFuture<KeepAlive>> answers;
    synchronized (this) {
      answers = takeWaiting();
    }
    answers.forEach(answer -> answer.complete(outcome));
  }

  synchronized void attach(Key key) {
    keys.add(key);
  }

  synchronized void detach(Key key) {
    keys.remove(key);
  }

  synchronized List<Key> sortedKeys() {
    List<Key> sorted = new ArrayList<>(keys);
    Collections.sort(sorted);
    return sorted;
  }

  private void renew(long nowNanos) {
    expiryNanos = nowNanos + TimeUnit.SECONDS.toNanos(ttlSeconds);
  }

  private List<CompletableFuture<KeepAlive>> takeWaiting() {
    List<CompletableFuture<KeepAlive>> answers = waiting;
    waiting = List.of();
    return answers;
  }
}
