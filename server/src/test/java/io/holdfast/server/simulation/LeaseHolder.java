package io.holdfast.server.simulation;

import io.holdfast.history.Answer;
import io.holdfast.history.KeyInterval;
import io.holdfast.history.Operation;
import io.holdfast.history.Request;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.service.Response;
import java.util.SplittableRandom;

/**
 * Takes a lease, hangs a key on it, keeps it alive for a while, and then lets it run out or revokes
 * it; again and again.
 */
final class LeaseHolder {
  /** How much longer leases are when nobody is in a hurry. */
  private static final int CALM = 15;

  private final int number;
  private final Cluster cluster;
  private final SplittableRandom random;
  private final Caller caller;
  private boolean stopped;

  LeaseHolder(int number, Cluster cluster, SplittableRandom random) {
    this.number = number;
    this.cluster = cluster;
    this.random = random;
    this.caller = new Caller(cluster, random);
  }

  private int patience() {
    return cluster.isCalm() ? CALM : 1;
  }

  void start() {
    cluster.timeline().after(random.nextLong(10 * Timeline.SECOND), this::grant);
  }

  void stop() {
    stopped = true;
  }

  private void grant() {
    if (stopped) {
      return;
    }
    long leaseId = 1_000_000L * (number + 1) + cluster.record().nextId();
    long ttlSeconds = patience() * (2 + random.nextInt(9));
    Record.ClientLease lease = new Record.ClientLease(ttlSeconds * Timeline.SECOND);
    cluster.record().leases.put(leaseId, lease);
    long called = cluster.timeline().now();
    caller.call(
        member -> member.leases().grant(leaseId, ttlSeconds),
        (granted, failure) -> {
          lease.renewalsReturnedLast = cluster.timeline().now();
          if (failure == null) {
            lease.granted = true;
            lease.renewalsCalledLast = called;
            attach(leaseId, lease);
          } else {
            again();
          }
        });
  }

  private void again() {
    cluster.timeline().after(random.nextLong(20 * patience() * Timeline.SECOND), this::grant);
  }

  private void attach(long leaseId, Record.ClientLease lease) {
    long id = cluster.record().nextId();
    Request.Put put = new Request.Put("e" + leaseId, "v" + id, leaseId, false);
    long called = cluster.timeline().now();
    caller.call(
        member -> member.keyValues().put(Translation.put(put)),
        (response, failure) -> {
          record(id, put, called, response, failure);
          keepAlive(leaseId, lease, random.nextInt(8));
        });
  }

  private void keepAlive(long leaseId, Record.ClientLease lease, int times) {
    if (stopped || times == 0) {
      finish(leaseId, lease);
      return;
    }
    cluster.timeline().after(lease.ttlNanos / 3, () -> renew(leaseId, lease, times));
  }

  private void renew(long leaseId, Record.ClientLease lease, int times) {
    if (stopped) {
      return;
    }
    long called = cluster.timeline().now();
    caller.call(
        member -> member.leases().keepAlive(leaseId),
        (response, failure) -> {
          lease.renewalsReturnedLast = cluster.timeline().now();
          if (failure == null && response.body() > 0) {
            lease.renewalsCalledLast = called;
          }
          keepAlive(leaseId, lease, times - 1);
        });
  }

  private void finish(long leaseId, Record.ClientLease lease) {
    if (!stopped && random.nextInt(3) == 0) {
      lease.revoked = true;
      long id = cluster.record().nextId();
      Request.Revoke revoke = new Request.Revoke(leaseId);
      long called = cluster.timeline().now();
      caller.call(
          member -> member.leases().revoke(leaseId),
          (response, failure) -> {
            record(id, revoke, called, response, failure);
            again();
          });
    } else {
      again();
    }
  }

  private void record(
      long id, Request request, long called, Response<?> response, Throwable failure) {
    long now = cluster.timeline().now();
    if (failure == null) {
      cluster
          .record()
          .operations
          .add(
              Operation.done(
                  id,
                  1_000 + number,
                  called,
                  now,
                  request,
                  response.header().revision(),
                  request instanceof Request.Revoke
                      ? new Answer.Revoke()
                      : Translation.answer(response.body())));
    } else if (failure instanceof StoreException) {
      cluster.record().operations.add(Operation.refused(id, 1_000 + number, called, now, request));
    } else {
      cluster.record().operations.add(Operation.unknown(id, 1_000 + number, called, request));
    }
  }

  /** The keys that leases hold. */
  static KeyInterval keys() {
    return new KeyInterval("e", "f");
  }
}
