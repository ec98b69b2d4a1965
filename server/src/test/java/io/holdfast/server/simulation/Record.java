package io.holdfast.server.simulation;

import io.holdfast.history.Change;
import io.holdfast.history.CommittedHistory;
import io.holdfast.history.LockRecord;
import io.holdfast.history.Operation;
import io.holdfast.history.WatchRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Everything that is written down during a run, to be judged in the end. */
final class Record {
  final CommittedHistory committed = new CommittedHistory();
  final List<Operation> operations = new ArrayList<>();
  final List<WatchRecord> watches = new ArrayList<>();

  /** When a revision first showed anywhere. */
  final Map<Long, Long> shownNanos = new HashMap<>();

  /** The leases of the clients, by id. */
  final Map<Long, ClientLease> leases = new TreeMap<>();

  /** What befell disks, and what members did about it, with how often. */
  final SortedMap<String, Integer> deeds = new TreeMap<>();

  /** The locks that were held, up to now. */
  final List<LockRecord> locks = new ArrayList<>();

  private long lastId;

  /** What a client knows of its lease; see LeaseRecord. */
  static final class ClientLease {
    final long ttlNanos;
    long renewalsCalledLast;
    long renewalsReturnedLast;
    boolean granted;
    boolean revoked;

    ClientLease(long ttlNanos) {
      this.ttlNanos = ttlNanos;
    }
  }

  /** When a key that was put only once was first seen deleted; 0 when it was not. */
  long endOf(String key) {
    for (Map.Entry<Long, List<Change>> entry : committed.changes().entrySet()) {
      for (Change change : entry.getValue()) {
        if (!change.isPut() && change.key().equals(key)) {
          return shownNanos.get(entry.getKey());
        }
      }
    }
    return 0;
  }

  void deed(String what) {
    deeds.merge(what, 1, Integer::sum);
  }

  long nextId() {
    return ++lastId;
  }

  void committed(long revision, List<Change> changes, String by, long nowNanos) {
    committed.add(revision, changes, by);
    shownNanos.putIfAbsent(revision, nowNanos);
  }
}
