package io.holdfast.scenarios;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What clients did and saw, and the check that one order of all operations explains it.
 *
 * <p>The store's own revisions propose that order: writes by their revision, each read at the
 * revision its header names. The check replays it on a map, compares every answer, and then looks
 * once from the end for an operation that was over before one placed ahead of it had begun (the
 * order must agree with real time). Writes of unknown outcome count if their value was ever seen.
 */
final class History {
  /** What an operation did. */
  enum Kind {
    PUT,
    READ
  }

  /**
   * One operation of one client.
   *
   * @param value what was written or read; empty for a read of nothing. Written values are unique
   * @param revision the revision of the answer's header; 0 when no answer came
   * @param modRevision the revision that wrote what a read saw; 0 for others
   */
  record Operation(
      Kind kind,
      String key,
      Optional<String> value,
      long revision,
      long modRevision,
      long callNanos,
      long returnNanos) {
    boolean answered() {
      return revision > 0;
    }
  }

  private final List<Operation> operations = Collections.synchronizedList(new ArrayList<>());

  void add(Operation operation) {
    operations.add(operation);
  }

  List<Operation> operations() {
    synchronized (operations) {
      return List.copyOf(operations);
    }
  }

  /** Every violation found, in words; empty when the history is strictly serializable. */
  List<String> violations() {
    List<String> violations = new ArrayList<>();
    List<Operation> order = serialOrder(violations);
    replay(order, violations);
    checkRealTime(order, violations);
    return violations;
  }

  private List<Operation> serialOrder(List<String> violations) {
    List<Operation> order = new ArrayList<>();
    Map<Long, Operation> writers = new HashMap<>();
    for (Operation operation : withResolvedOutcomes()) {
      if (operation.kind() == Kind.PUT) {
        Operation other = writers.putIfAbsent(operation.revision(), operation);
        if (other != null) {
          violations.add("revision handed out twice: " + other + " and " + operation);
        }
      }
      order.add(operation);
    }
    order.sort(
        Comparator.comparingLong(Operation::revision)
            .thenComparing(operation -> operation.kind() == Kind.PUT ? 0 : 1)
            .thenComparingLong(Operation::callNanos));
    return order;
  }

  /** Unanswered writes get the revision under which somebody saw their value, or are left out. */
  private List<Operation> withResolvedOutcomes() {
    Map<String, Long> seen = new HashMap<>();
    for (Operation operation : operations()) {
      if (operation.kind() == Kind.READ && operation.answered()) {
        operation.value().ifPresent(value -> seen.put(value, operation.modRevision()));
      }
    }
    List<Operation> resolved = new ArrayList<>();
    for (Operation operation : operations()) {
      if (operation.answered()) {
        resolved.add(operation);
      } else if (operation.kind() == Kind.PUT) {
        Long revision = seen.get(operation.value().orElseThrow());
        if (revision != null) {
          resolved.add(
              new Operation(
                  Kind.PUT,
                  operation.key(),
                  operation.value(),
                  revision,
                  0,
                  operation.callNanos(),
                  Long.MAX_VALUE));
        }
      }
    }
    return resolved;
  }

  private static void replay(List<Operation> order, List<String> violations) {
    Map<String, Operation> state = new HashMap<>();
    for (Operation operation : order) {
      if (operation.kind() == Kind.PUT) {
        state.put(operation.key(), operation);
        continue;
      }
      Operation current = state.get(operation.key());
      Optional<String> expected = current == null ? Optional.empty() : current.value();
      long expectedRevision = current == null ? 0 : current.revision();
      if (!expected.equals(operation.value()) || expectedRevision != operation.modRevision()) {
        violations.add(
            "a read saw " + operation + " where " + expected + "@" + expectedRevision + " stood");
      }
    }
  }

  private static void checkRealTime(List<Operation> order, List<String> violations) {
    long earliestReturn = Long.MAX_VALUE;
    Operation earliest = null;
    for (int i = order.size() - 1; i >= 0; i--) {
      Operation operation = order.get(i);
      if (operation.callNanos() > earliestReturn) {
        violations.add(operation + " is ordered before " + earliest + ", which was over earlier");
      }
      if (operation.returnNanos() < earliestReturn) {
        earliestReturn = operation.returnNanos();
        earliest = operation;
      }
    }
  }
}
