package io.holdfast.server.raft.simulation.history;

import io.holdfast.server.raft.simulation.Operation;
import io.holdfast.server.raft.simulation.SimulationFailure;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Searches for an order of a register's operations that respects real time and explains every
 * answer, without looking at revisions: Wing and Gong's search with Lowe's memory of configurations
 * already seen. Registers are independent, so each is searched alone. Used on the first part of a
 * history, as the search may take exponential time where many calls stay open.
 */
public final class LinearizabilityChecker {
  private static final int SAMPLE_OPERATIONS_MAX = 400;
  private static final int STEPS_MAX = 200_000;

  private final List<Operation> operations;
  private final Set<Configuration> seen = new HashSet<>();
  private int steps;

  /** Which operations are placed already, and the register's value after them. */
  private record Configuration(BitSet placed, long value) {}

  private LinearizabilityChecker(List<Operation> operations) {
    this.operations = operations;
  }

  /** Checks the first operations of every register. */
  public static void checkSample(List<Operation> history) {
    Map<Integer, List<Operation>> byKey = new TreeMap<>();
    for (Operation operation : history) {
      if (operation.outcome != Operation.Outcome.REFUSED) {
        byKey.computeIfAbsent(operation.key, key -> new ArrayList<>()).add(operation);
      }
    }
    for (List<Operation> operations : byKey.values()) {
      if (!isLinearizable(sample(operations))) {
        throw new SimulationFailure(
            "linearizability", "no order explains the calls for key " + operations.get(0).key);
      }
    }
  }

  /**
   * The operations called before some moment. Those not answered by then count as unknown; what
   * nobody has seen of these is left out, since it cannot matter.
   */
  private static List<Operation> sample(List<Operation> operations) {
    if (operations.isEmpty()) {
      return operations;
    }
    int count = Math.min(operations.size(), SAMPLE_OPERATIONS_MAX);
    long end = operations.get(count - 1).called;
    Set<Long> seenValues = new HashSet<>();
    for (Operation operation : operations.subList(0, count)) {
      if (operation.returned <= end) {
        seenValues.add(operation.observed);
      }
      if (operation.kind == Operation.Kind.COMPARE_AND_WRITE) {
        seenValues.add(operation.expected);
      }
    }
    List<Operation> sample = new ArrayList<>();
    for (Operation operation : operations.subList(0, count)) {
      boolean answered = operation.outcome == Operation.Outcome.DONE && operation.returned <= end;
      if (answered) {
        sample.add(operation);
      } else if (operation.kind != Operation.Kind.READ && seenValues.contains(operation.id)) {
        Operation open = operation.copy();
        open.outcome = Operation.Outcome.UNKNOWN;
        open.returned = Long.MAX_VALUE;
        sample.add(open);
      }
    }
    return sample;
  }

  /**
   * Whether an order exists for operations of one register.
   *
   * @throws IllegalStateException when the search takes too long
   */
  public static boolean isLinearizable(List<Operation> operations) {
    List<Operation> byCall = new ArrayList<>(operations);
    byCall.sort(Comparator.comparingLong(operation -> operation.called));
    return new LinearizabilityChecker(byCall).search(new BitSet(), 0);
  }

  private boolean search(BitSet placed, long value) {
    long earliestReturn = Long.MAX_VALUE;
    boolean onlyUnknownLeft = true;
    for (int i = placed.nextClearBit(0); i < operations.size(); i = placed.nextClearBit(i + 1)) {
      Operation operation = operations.get(i);
      earliestReturn = Math.min(earliestReturn, operation.returned);
      onlyUnknownLeft &= operation.outcome == Operation.Outcome.UNKNOWN;
    }
    if (onlyUnknownLeft) {
      return true;
    }
    if (++steps > STEPS_MAX) {
      throw new IllegalStateException(
          "undecided after " + STEPS_MAX + " steps: take a smaller sample of the history");
    }
    if (!seen.add(new Configuration((BitSet) placed.clone(), value))) {
      return false;
    }
    for (int i = placed.nextClearBit(0); i < operations.size(); i = placed.nextClearBit(i + 1)) {
      Operation operation = operations.get(i);
      if (operation.called > earliestReturn) {
        break;
      }
      if (explains(operation, value)) {
        placed.set(i);
        boolean writes = operation.kind != Operation.Kind.READ && takesEffect(operation, value);
        boolean found = search(placed, writes ? operation.id : value);
        placed.clear(i);
        if (found) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean takesEffect(Operation operation, long value) {
    return operation.kind == Operation.Kind.WRITE || operation.expected == value;
  }

  private static boolean explains(Operation operation, long value) {
    if (operation.outcome == Operation.Outcome.UNKNOWN) {
      return takesEffect(operation, value);
    }
    return switch (operation.kind) {
      case READ -> operation.observed == value;
      case WRITE -> operation.observed == value;
      case COMPARE_AND_WRITE ->
          operation.observed == value && operation.changed == (operation.expected == value);
    };
  }
}
