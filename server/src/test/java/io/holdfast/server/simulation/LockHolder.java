package io.holdfast.server.simulation;

import io.holdfast.history.KeyInterval;
import io.holdfast.history.LockRecord;
import io.holdfast.history.Version;
import io.holdfast.server.apply.Command;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.service.HeldLock;
import io.holdfast.server.service.Response;
import io.holdfast.server.service.Waiting;
import io.holdfast.server.service.member.Member;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Wants the lock that others want too: takes a lease, waits for the lock, holds it for a while, and
 * unlocks; or forgets to keep its lease alive, while it waits or while it holds. Writes down when
 * it held the lock.
 */
final class LockHolder {
  private static final String LOCK = "q";

  /** All who want the lock. */
  static final KeyInterval LINE = new KeyInterval(LOCK + "/", LOCK + "0");

  private static final long LEASE_ID_FIRST = 1L << 40;
  private static final int ID_RADIX = 16;

  private final int number;
  private final Cluster cluster;
  private final Settings settings;
  private final PlantedServerBug bug;
  private final SplittableRandom random;
  private final Caller caller;
  private boolean stopped;

  LockHolder(
      int number,
      Cluster cluster,
      Settings settings,
      PlantedServerBug bug,
      SplittableRandom random) {
    this.number = number;
    this.cluster = cluster;
    this.settings = settings;
    this.bug = bug;
    this.random = random;
    this.caller = new Caller(cluster, random);
  }

  void start() {
    cluster.timeline().after(random.nextLong(5 * Timeline.SECOND), this::grant);
  }

  void stop() {
    stopped = true;
  }

  private void again() {
    long pause = (cluster.isCalm() ? 20 : 1) * Timeline.SECOND;
    cluster.timeline().after(random.nextLong(3 * pause), this::grant);
  }

  private void grant() {
    if (stopped) {
      return;
    }
    new Attempt().grant();
  }

  /** One lease, and one wait for the lock. */
  private final class Attempt {
    private final long leaseId = LEASE_ID_FIRST * (number + 1) + cluster.record().nextId();
    private final long ttlSeconds = 2 + random.nextInt(6);

    /** After so many renewals the holder is as good as dead. */
    private final int renewalsMax = random.nextInt(3) == 0 ? random.nextInt(4) : 40;

    private long renewedLast;
    private int renewals;
    private boolean over;

    void grant() {
      long called = cluster.timeline().now();
      caller.call(
          member -> member.leases().grant(leaseId, ttlSeconds),
          (granted, failure) -> {
            if (failure == null) {
              renewedLast = called;
              renewLater();
              lock();
            } else {
              again();
            }
          });
    }

    private void renewLater() {
      cluster.timeline().after(ttlSeconds * Timeline.SECOND / 3, this::renew);
    }

    private void renew() {
      if (stopped || over || renewals++ >= renewalsMax) {
        return;
      }
      long called = cluster.timeline().now();
      caller.call(
          member -> member.leases().keepAlive(leaseId),
          (response, failure) -> {
            if (failure == null && response.body() > 0) {
              renewedLast = called;
            }
          });
      renewLater();
    }

    private void lock() {
      if (bug == PlantedServerBug.LOCK_WITHOUT_A_LAST_LOOK) {
        standInLine();
        return;
      }
      long called = cluster.timeline().now();
      caller.call(
          this::lockAt,
          (response, failure) -> {
            if (failure == null) {
              HeldLock held = response.body();
              hold(
                  Translation.text(held.key()),
                  held.createRevision(),
                  response.header().revision(),
                  called);
            } else {
              end();
            }
          });
    }

    /** Gives up before the caller does: a lock that nobody hears of is not to be held. */
    private CompletionStage<Response<HeldLock>> lockAt(Member member) {
      Waiting<HeldLock> waiting = member.locks().lock(Translation.bytes(LOCK), leaseId);
      CompletableFuture<Response<HeldLock>> answer = waiting.answer().toCompletableFuture();
      cluster
          .timeline()
          .after(
              10 * Timeline.SECOND,
              () -> {
                if (!answer.isDone()) {
                  at(member, waiting::giveUp);
                }
              });
      return answer;
    }

    private void at(Member member, Runnable action) {
      cluster.machines().stream()
          .flatMap(machine -> machine.process().stream())
          .filter(process -> process.member().filter(running -> running == member).isPresent())
          .forEach(process -> process.run(action));
    }

    private void hold(String key, long token, long revision, long called) {
      long heard = cluster.timeline().now();
      cluster.timeline().trace("lock", leaseId, token);
      long span = random.nextLong(2 * ttlSeconds * Timeline.SECOND);
      cluster
          .timeline()
          .after(
              span,
              () -> {
                long until = Math.min(cluster.timeline().now(), renewedLast + sureNanos());
                cluster
                    .record()
                    .locks
                    .add(new LockRecord(key, token, revision, called, heard, until));
                caller.call(
                    member -> member.locks().unlock(Translation.bytes(key)),
                    (response, failure) -> end());
              });
    }

    /** How long after a renewal the lease lives for sure, whatever the members' clocks do. */
    private long sureNanos() {
      long perMille = 2L * settings.clockDriftPerMille() + 1;
      return ttlSeconds * Timeline.SECOND / 1000 * (1000 - perMille);
    }

    private void end() {
      over = true;
      again();
    }

    /** The recipe as clients have built it: whoever has nobody before it holds the lock. */
    private void standInLine() {
      String key = LINE.start() + Long.toString(leaseId, ID_RADIX);
      long called = cluster.timeline().now();
      Command.Put put =
          new Command.Put(
              Key.of(Translation.bytes(key)), new byte[0], leaseId, false, false, false);
      caller.call(
          member -> member.keyValues().put(put),
          (response, failure) -> {
            if (failure == null) {
              awaitTurn(key, response.header().revision(), called);
            } else {
              end();
            }
          });
    }

    private void awaitTurn(String key, long token, long called) {
      caller.call(
          member -> member.keyValues().range(RangeQuery.of(Translation.range(LINE)), false),
          (response, failure) -> {
            List<Version> line =
                failure == null
                    ? response.body().keyValues().stream().map(Translation::version).toList()
                    : List.of();
            if (failure == null && line.stream().noneMatch(one -> one.createRevision() < token)) {
              hold(key, token, response.header().revision(), called);
            } else if (stopped) {
              end();
            } else {
              cluster.timeline().after(Timeline.SECOND / 2, () -> awaitTurn(key, token, called));
            }
          });
    }
  }
}
