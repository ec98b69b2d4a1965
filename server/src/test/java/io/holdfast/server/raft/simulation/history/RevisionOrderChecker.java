package io.holdfast.server.raft.simulation.history;

import io.holdfast.server.raft.simulation.AppliedCommand;
import io.holdfast.server.raft.simulation.Operation;
import io.holdfast.server.raft.simulation.SimulationFailure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Strict serializability of a whole history in one pass. The store tells with every answer at which
 * revision it was given, so the order is known and only has to be checked: a replay in that order
 * must give every answer, and no operation may have returned before one ordered earlier was called.
 * Calls with unknown outcome took effect if the log says so.
 */
public final class RevisionOrderChecker {
  private static final String PROPERTY = "linearizability";

  private RevisionOrderChecker() {}

  /**
   * @throws SimulationFailure when the history is not linearizable, or an answered write is lost
   */
  public static void check(List<Operation> history, List<AppliedCommand> log) {
    Map<Long, AppliedCommand> applied = new HashMap<>();
    for (AppliedCommand command : log) {
      applied.put(command.operationId(), command);
    }
    List<Operation> ordered = new ArrayList<>();
    for (Operation operation : history) {
      Operation known = resolve(operation, applied.get(operation.id));
      if (known != null) {
        ordered.add(known);
      }
    }
    ordered.sort(
        Comparator.<Operation>comparingLong(operation -> operation.revision)
            .thenComparing(operation -> !isEffective(operation))
            .thenComparingLong(operation -> operation.called));
    replay(ordered);
    checkRealTime(ordered);
  }

  /** An operation with its known effect; null if it had none that anybody saw. */
  private static Operation resolve(Operation operation, AppliedCommand applied) {
    if (operation.outcome == Operation.Outcome.REFUSED) {
      require(applied == null, "a refused call took effect: " + operation);
      return null;
    }
    if (operation.outcome == Operation.Outcome.DONE) {
      boolean lost =
          operation.kind != Operation.Kind.READ
              && (applied == null
                  || applied.changed() != operation.changed
                  || applied.revision() != operation.revision);
      require(!lost, "an answered write is not in the log like this: " + operation);
      return operation;
    }
    if (applied == null || !applied.changed()) {
      return null;
    }
    Operation resolved = operation.copy();
    resolved.changed = true;
    resolved.observed = operation.expected;
    resolved.revision = applied.revision();
    return resolved;
  }

  private static boolean isEffective(Operation operation) {
    return operation.kind != Operation.Kind.READ && operation.changed;
  }

  private static void replay(List<Operation> ordered) {
    Map<Integer, Long> values = new HashMap<>();
    for (Operation operation : ordered) {
      long value = values.getOrDefault(operation.key, 0L);
      boolean observes =
          operation.kind == Operation.Kind.READ
              || operation.kind == Operation.Kind.COMPARE_AND_WRITE
              || operation.outcome == Operation.Outcome.DONE;
      require(
          !observes || operation.observed == value, "the value was " + value + ": " + operation);
      if (operation.kind == Operation.Kind.COMPARE_AND_WRITE) {
        require(
            operation.changed == (operation.expected == value),
            "the compare went wrong at value " + value + ": " + operation);
      }
      if (isEffective(operation)) {
        values.put(operation.key, operation.id);
      }
    }
  }

  private static void checkRealTime(List<Operation> ordered) {
    Operation latestCalled = null;
    for (Operation operation : ordered) {
      if (latestCalled != null) {
        require(
            operation.returned >= latestCalled.called,
            operation + " returned before one was called that comes first: " + latestCalled);
      }
      if (latestCalled == null || operation.called > latestCalled.called) {
        latestCalled = operation;
      }
    }
  }

  private static void require(boolean holds, String detail) {
    if (!holds) {
      throw new SimulationFailure(PROPERTY, detail);
    }
  }
}
