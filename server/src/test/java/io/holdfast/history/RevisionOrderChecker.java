package io.holdfast.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Checks a whole history in one pass, for the store tells with every answer at which revision it
 * was given: so the order is known and only has to be verified.
 *
 * <p>Every answer must be the one that the committed history gives at its revision. Every committed
 * revision must come from one call (or the end of a lease), no call may have had two, and none that
 * was refused any. And in revision order no operation may have returned before one that comes
 * earlier was called: strict serializability. Reads that allow a stale answer are left out of that
 * last check.
 */
public final class RevisionOrderChecker {
  private static final String ANSWERS = "every answer follows from the committed history";
  private static final String EXPLAINED = "every revision comes from one call";
  private static final String REAL_TIME = "strict serializability";

  private static final KeyInterval NOTHING = new KeyInterval("\0", "\0");

  private final CommittedHistory committed;
  private final KeyInterval others;
  private final Replay replay;
  private final Map<Long, Operation> authors = new HashMap<>();
  private final Map<String, Long> revisionByValue = new HashMap<>();

  private RevisionOrderChecker(CommittedHistory committed, KeyInterval others) {
    this.committed = committed;
    this.others = others;
    this.replay = new Replay(committed);
  }

  /**
   * @throws HistoryViolation when no correct store could have answered like this
   */
  public static void check(List<Operation> history, CommittedHistory committed) {
    check(history, committed, NOTHING);
  }

  /**
   * The same where somebody whose calls are not in the history writes some keys.
   *
   * @param others those keys
   * @throws HistoryViolation when no correct store could have answered like this
   */
  public static void check(
      List<Operation> history, CommittedHistory committed, KeyInterval others) {
    RevisionOrderChecker checker = new RevisionOrderChecker(committed, others);
    checker.indexValues();
    List<Placed> placed = new ArrayList<>();
    for (Operation operation : history) {
      checker.place(operation, placed);
    }
    checker.explainTheRest(history);
    checkRealTime(placed);
  }

  private record Placed(Operation operation, long revision, boolean writes) {}

  private void indexValues() {
    committed
        .changes()
        .forEach(
            (revision, changes) ->
                changes.stream()
                    .filter(change -> !others.contains(change.key()))
                    .forEach(
                        change ->
                            change
                                .put()
                                .ifPresent(version -> indexValue(version.value(), revision))));
  }

  private void indexValue(String value, long revision) {
    Long before = revisionByValue.putIfAbsent(value, revision);
    HistoryViolation.require(
        before == null || before == revision,
        EXPLAINED,
        "value ",
        value,
        " was written at revision ",
        before,
        " and again at ",
        revision);
  }

  private void place(Operation operation, List<Placed> placed) {
    switch (operation.outcome()) {
      case DONE -> {
        boolean writes = replay.isEffective(operation);
        replay
            .contradiction(operation, writes)
            .ifPresent(
                reason -> {
                  throw new HistoryViolation(ANSWERS, reason + ": " + operation);
                });
        if (writes) {
          claim(operation.revision(), operation);
        }
        if (!isStaleAllowed(operation.request())) {
          placed.add(new Placed(operation, operation.revision(), writes));
        }
      }
      case REFUSED ->
          values(operation.request())
              .forEach(
                  value ->
                      HistoryViolation.require(
                          !revisionByValue.containsKey(value),
                          EXPLAINED,
                          "a refused call took effect: ",
                          operation));
      case UNKNOWN -> {
        for (String value : values(operation.request())) {
          Long revision = revisionByValue.get(value);
          if (revision != null && authors.get(revision) != operation) {
            claim(revision, operation);
            placed.add(new Placed(operation, revision, true));
          }
        }
      }
    }
  }

  private void claim(long revision, Operation operation) {
    Operation other = authors.put(revision, operation);
    HistoryViolation.require(
        other == null,
        EXPLAINED,
        "revision ",
        revision,
        " comes from ",
        other,
        " and from ",
        operation);
  }

  /** Revisions nobody knows to have made: calls whose outcome is unknown, and leases that ended. */
  private void explainTheRest(List<Operation> history) {
    List<Request.Delete> openDeletes = new ArrayList<>();
    for (Operation operation : history) {
      if (operation.outcome() == Operation.Outcome.UNKNOWN) {
        collectDeletes(operation.request(), openDeletes);
      }
    }
    committed
        .changes()
        .forEach(
            (revision, changes) -> {
              boolean known = changes.stream().allMatch(one -> others.contains(one.key()));
              if (!known && !authors.containsKey(revision)) {
                HistoryViolation.require(
                    isEndOfLease(revision, changes) || isOneOf(openDeletes, changes),
                    EXPLAINED,
                    "nobody asked for " + changes + " at revision " + revision);
              }
            });
  }

  private boolean isEndOfLease(long revision, List<Change> changes) {
    Set<Long> leases = new HashSet<>();
    for (Change change : changes) {
      leases.add(
          change.isPut()
              ? 0
              : committed.at(change.key(), revision - 1).map(Version::leaseId).orElse(0L));
    }
    return leases.size() == 1 && !leases.contains(0L);
  }

  private static boolean isOneOf(List<Request.Delete> deletes, List<Change> changes) {
    return deletes.stream()
        .anyMatch(
            delete ->
                changes.stream()
                    .allMatch(change -> !change.isPut() && delete.keys().contains(change.key())));
  }

  private static void collectDeletes(Request request, List<Request.Delete> found) {
    if (request instanceof Request.Delete delete) {
      found.add(delete);
    } else if (request instanceof Request.Txn txn) {
      txn.success().forEach(step -> collectDeletes(step, found));
      txn.failure().forEach(step -> collectDeletes(step, found));
    }
  }

  private static List<String> values(Request request) {
    if (request instanceof Request.Put put) {
      return List.of(put.value());
    }
    List<String> values = new ArrayList<>();
    if (request instanceof Request.Txn txn) {
      txn.success().forEach(step -> values.addAll(values(step)));
      txn.failure().forEach(step -> values.addAll(values(step)));
    }
    return values;
  }

  private static boolean isStaleAllowed(Request request) {
    return request instanceof Request.Range range && (range.serializable() || range.revision() > 0);
  }

  private static void checkRealTime(List<Placed> placed) {
    placed.sort(
        Comparator.comparingLong(Placed::revision)
            .thenComparing(one -> !one.writes())
            .thenComparingLong(one -> one.operation().called()));
    Operation latestCalled = null;
    for (Placed one : placed) {
      Operation operation = one.operation();
      HistoryViolation.require(
          latestCalled == null || operation.returned() >= latestCalled.called(),
          REAL_TIME,
          operation,
          " returned before one was called that comes first: ",
          latestCalled);
      if (latestCalled == null || operation.called() > latestCalled.called()) {
        latestCalled = operation;
      }
    }
  }
}
