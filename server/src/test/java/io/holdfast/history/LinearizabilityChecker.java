package io.holdfast.history;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Searches for an order of operations that respects real time and explains every answer, without
 * looking at revisions: Wing and Gong's search with Lowe's memory of configurations already seen.
 * It trusts nothing that the store says of its own order, and is therefore the judge over {@link
 * RevisionOrderChecker}; but it may take exponential time, so it is given samples.
 *
 * <p>Only values are compared; versions and revisions inside answers are not.
 */
public final class LinearizabilityChecker {
  /** What the search found out. */
  public enum Verdict {
    LINEARIZABLE,
    NOT_LINEARIZABLE,
    /** It gave up: take a smaller sample. */
    UNDECIDED
  }

  private final List<Operation> operations;
  private final int stepsMax;
  private final Set<Configuration> seen = new HashSet<>();
  private int steps;

  /** Which operations are placed already, and the values after them. */
  private record Configuration(BitSet placed, Map<String, String> values) {}

  private LinearizabilityChecker(List<Operation> operations, int stepsMax) {
    this.operations = operations;
    this.stepsMax = stepsMax;
  }

  /**
   * Searches an order for operations on a state that is empty in the beginning.
   *
   * @param stepsMax configurations to look at before giving up
   */
  public static Verdict check(List<Operation> history, int stepsMax) {
    List<Operation> byCall = new ArrayList<>();
    Set<String> read = valuesRead(history);
    List<KeyInterval> deleted = new ArrayList<>();
    history.forEach(operation -> collectDeleted(operation.request(), deleted));
    for (Operation operation : history) {
      boolean open = operation.outcome() == Operation.Outcome.UNKNOWN;
      if (operation.outcome() == Operation.Outcome.DONE
          || open && mayMatter(operation.request(), read, deleted)) {
        byCall.add(operation);
      }
    }
    byCall.sort(Comparator.comparingLong(Operation::called));
    LinearizabilityChecker checker = new LinearizabilityChecker(byCall, stepsMax);
    try {
      return checker.search(new BitSet(), Map.of())
          ? Verdict.LINEARIZABLE
          : Verdict.NOT_LINEARIZABLE;
    } catch (GaveUp e) {
      return Verdict.UNDECIDED;
    }
  }

  /**
   * The first operations of a history, fit to be searched alone: of those that were not answered by
   * the time the last one was called only that much is kept, as later ones may have met them.
   */
  public static List<Operation> beginning(List<Operation> history, int operationsMax) {
    List<Operation> byCall = new ArrayList<>(history);
    byCall.sort(Comparator.comparingLong(Operation::called));
    List<Operation> first = byCall.subList(0, Math.min(operationsMax, byCall.size()));
    long end = first.isEmpty() ? 0 : first.get(first.size() - 1).called();
    List<Operation> beginning = new ArrayList<>();
    for (Operation operation : first) {
      if (operation.returned() <= end || operation.outcome() != Operation.Outcome.DONE) {
        beginning.add(operation);
      } else if (!(operation.request() instanceof Request.Range)) {
        beginning.add(
            Operation.unknown(
                operation.id(), operation.client(), operation.called(), operation.request()));
      }
    }
    return beginning;
  }

  private boolean search(BitSet placed, Map<String, String> values) {
    long earliestReturn = Long.MAX_VALUE;
    boolean answeredLeft = false;
    for (int i = placed.nextClearBit(0); i < operations.size(); i = placed.nextClearBit(i + 1)) {
      earliestReturn = Math.min(earliestReturn, operations.get(i).returned());
      answeredLeft |= operations.get(i).outcome() == Operation.Outcome.DONE;
    }
    if (!answeredLeft) {
      return true;
    }
    if (++steps > stepsMax) {
      throw new GaveUp();
    }
    if (!seen.add(new Configuration((BitSet) placed.clone(), values))) {
      return false;
    }
    for (int i = placed.nextClearBit(0); i < operations.size(); i = placed.nextClearBit(i + 1)) {
      Operation operation = operations.get(i);
      if (operation.called() > earliestReturn) {
        break;
      }
      Optional<Map<String, String>> after = Step.apply(operation, values);
      if (after.isPresent()) {
        placed.set(i);
        boolean found = search(placed, after.get());
        placed.clear(i);
        if (found) {
          return true;
        }
      }
    }
    return false;
  }

  /**
   * A put need not be placed when nobody read its value, or compared with it, and nobody counted
   * its key among those deleted.
   */
  private static boolean mayMatter(Request request, Set<String> read, List<KeyInterval> deleted) {
    if (request instanceof Request.Put put) {
      return read.contains(put.value())
          || deleted.stream().anyMatch(keys -> keys.contains(put.key()));
    }
    if (request instanceof Request.Txn txn) {
      return txn.success().stream().anyMatch(step -> mayMatter(step, read, deleted))
          || txn.failure().stream().anyMatch(step -> mayMatter(step, read, deleted));
    }
    return request instanceof Request.Delete;
  }

  private static void collectDeleted(Request request, List<KeyInterval> deleted) {
    if (request instanceof Request.Delete delete) {
      deleted.add(delete.keys());
    } else if (request instanceof Request.Txn txn) {
      txn.success().forEach(step -> collectDeleted(step, deleted));
      txn.failure().forEach(step -> collectDeleted(step, deleted));
    }
  }

  private static Set<String> valuesRead(List<Operation> history) {
    Set<String> values = new HashSet<>();
    for (Operation operation : history) {
      operation.answer().ifPresent(answer -> collect(answer, values));
      if (operation.request() instanceof Request.Txn txn) {
        txn.compares().forEach(compare -> values.add(compare.value()));
      }
    }
    return values;
  }

  private static void collect(Answer answer, Set<String> values) {
    if (answer instanceof Answer.Put put) {
      put.previous().ifPresent(version -> values.add(version.value()));
    } else if (answer instanceof Answer.Delete delete) {
      delete.previous().forEach(version -> values.add(version.value()));
    } else if (answer instanceof Answer.Range range) {
      range.versions().forEach(version -> values.add(version.value()));
    } else if (answer instanceof Answer.Txn txn) {
      txn.answers().forEach(step -> collect(step, values));
    }
  }

  private static final class GaveUp extends RuntimeException {
    private static final long serialVersionUID = 1L;

    GaveUp() {
      super(null, null, false, false);
    }
  }

  /** Executes one operation on plain values. */
  private static final class Step {
    private final TreeMap<String, String> values;
    private boolean contradicted;

    private Step(Map<String, String> before) {
      values = new TreeMap<>(before);
    }

    /** The values after an operation; empty when its answer contradicts the values before. */
    static Optional<Map<String, String>> apply(Operation operation, Map<String, String> before) {
      Step step = new Step(before);
      step.execute(operation.request(), operation.answer());
      return step.contradicted ? Optional.empty() : Optional.of(step.values);
    }

    private void execute(Request request, Optional<Answer> told) {
      if (request instanceof Request.Put put) {
        String old = values.put(put.key(), put.value());
        told.map(answer -> (Answer.Put) answer)
            .filter(answer -> put.previousWanted())
            .ifPresent(answer -> expect(answer.previous().map(Version::value), old));
      } else if (request instanceof Request.Delete delete) {
        delete(delete, told);
      } else if (request instanceof Request.Range range) {
        told.ifPresent(answer -> range(range, (Answer.Range) answer));
      } else if (request instanceof Request.Txn txn) {
        txn(txn, told);
      }
    }

    private void expect(Optional<String> told, String actual) {
      contradicted |= !told.equals(Optional.ofNullable(actual));
    }

    private void delete(Request.Delete delete, Optional<Answer> told) {
      int before = values.size();
      values.keySet().removeIf(delete.keys()::contains);
      int deleted = before - values.size();
      contradicted |= told.isPresent() && ((Answer.Delete) told.get()).deleted() != deleted;
    }

    private void range(Request.Range range, Answer.Range told) {
      List<String> actual = new ArrayList<>();
      values.forEach(
          (key, value) -> {
            if (range.keys().contains(key)) {
              actual.add(value);
            }
          });
      List<String> shown =
          range.limit() > 0 && actual.size() > range.limit()
              ? actual.subList(0, (int) range.limit())
              : actual;
      contradicted |= !shown.equals(told.versions().stream().map(Version::value).toList());
    }

    private void txn(Request.Txn txn, Optional<Answer> told) {
      boolean succeeded =
          txn.compares().stream()
              .allMatch(compare -> compare.value().equals(values.get(compare.key())));
      Optional<Answer.Txn> answer = told.map(given -> (Answer.Txn) given);
      contradicted |= answer.isPresent() && answer.get().succeeded() != succeeded;
      List<Request> branch = succeeded ? txn.success() : txn.failure();
      for (int i = 0; i < branch.size() && !contradicted; i++) {
        int number = i;
        execute(branch.get(i), answer.map(given -> given.answers().get(number)));
      }
    }
  }
}
