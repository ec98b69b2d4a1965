package io.holdfast.server.raft.simulation.history;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.raft.simulation.AppliedCommand;
import io.holdfast.server.raft.simulation.Behaviour;
import io.holdfast.server.raft.simulation.Operation;
import io.holdfast.server.raft.simulation.Simulation;
import io.holdfast.server.raft.simulation.SimulationFailure;
import io.holdfast.server.raft.simulation.invariant.Invariant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** Good histories pass; the same ones, falsified in one answer, do not. */
class HistoryCheckersTest {
  private static final int SEEDS = 5;
  private static final int FORGERIES = 20;

  @Test
  void aReadOfAnOlderValueIsNoticed() {
    forge(
        operation -> operation.kind == Operation.Kind.READ && operation.observed > 0,
        (operation, history) -> operation.observed = olderValue(operation, history));
  }

  @Test
  void aReadAtAnOlderRevisionIsNoticed() {
    forge(
        (operation, history) -> operation.kind == Operation.Kind.READ && isLate(operation, history),
        (operation, history) -> {
          operation.revision = 0;
          operation.observed = 0;
        });
  }

  @Test
  void aWriteThatSawSomethingElseIsNoticed() {
    forge(
        operation -> operation.kind == Operation.Kind.WRITE,
        (operation, history) -> operation.observed = -1);
  }

  @Test
  void aCompareThatWentTheOtherWayIsNoticed() {
    forge(
        operation -> operation.kind == Operation.Kind.COMPARE_AND_WRITE,
        (operation, history) -> operation.changed = !operation.changed);
  }

  @Test
  void aLostWriteIsNoticed() {
    for (long seed = 1; seed <= SEEDS; seed++) {
      Simulation.Report report = run(seed);
      List<AppliedCommand> log = new ArrayList<>(report.log());
      Operation write =
          report.history().stream()
              .filter(HistoryCheckersTest::isDone)
              .filter(operation -> operation.kind == Operation.Kind.WRITE)
              .findFirst()
              .orElseThrow();
      log.removeIf(command -> command.operationId() == write.id);
      assertThrows(
          SimulationFailure.class, () -> RevisionOrderChecker.check(report.history(), log));
    }
  }

  @Test
  void theSearchNoticesForgeriesInWholeHistories() {
    int noticed = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      List<Operation> good = run(seed).history();
      assertDoesNotThrow(() -> LinearizabilityChecker.checkSample(good));
      for (Operation read : good.subList(0, good.size() / 4)) {
        if (isDone(read) && read.kind == Operation.Kind.READ && noticed < SEEDS * FORGERIES) {
          List<Operation> forged = new ArrayList<>(good);
          Operation falsified = read.copy();
          falsified.observed = -1;
          forged.set((int) read.id - 1, falsified);
          noticed += isNoticedBySearch(forged) ? 1 : 0;
        }
      }
    }
    assertTrue(noticed >= SEEDS, "noticed " + noticed);
  }

  private static boolean isNoticedBySearch(List<Operation> history) {
    try {
      LinearizabilityChecker.checkSample(history);
      return false;
    } catch (SimulationFailure failure) {
      return true;
    }
  }

  @Test
  void theSearchNeedsRealTimeOrder() {
    Operation write = operation(1, Operation.Kind.WRITE, 0, 10, 0);
    Operation fresh = operation(2, Operation.Kind.READ, 20, 30, 1);
    Operation stale = operation(3, Operation.Kind.READ, 40, 50, 0);
    Operation overlapping = operation(3, Operation.Kind.READ, 5, 50, 0);
    assertTrue(LinearizabilityChecker.isLinearizable(List.of(write, fresh)));
    assertFalse(LinearizabilityChecker.isLinearizable(List.of(write, fresh, stale)));
    assertTrue(LinearizabilityChecker.isLinearizable(List.of(write, fresh, overlapping)));
  }

  @Test
  void theSearchLetsAnUnknownWriteHappenLateOrNever() {
    Operation unknown = operation(1, Operation.Kind.WRITE, 0, Long.MAX_VALUE, 0);
    unknown.outcome = Operation.Outcome.UNKNOWN;
    Operation before = operation(2, Operation.Kind.READ, 10, 20, 0);
    Operation after = operation(3, Operation.Kind.READ, 30, 40, 1);
    Operation undone = operation(4, Operation.Kind.READ, 50, 60, 0);
    assertTrue(LinearizabilityChecker.isLinearizable(List.of(unknown, before)));
    assertTrue(LinearizabilityChecker.isLinearizable(List.of(unknown, before, after)));
    assertFalse(LinearizabilityChecker.isLinearizable(List.of(unknown, before, after, undone)));
  }

  /** Whether the call began after another one had seen a revision: an empty store is a lie then. */
  private static boolean isLate(Operation operation, List<Operation> history) {
    return history.stream()
        .anyMatch(
            other -> isDone(other) && other.revision > 0 && other.returned < operation.called);
  }

  private interface Forgery {
    void apply(Operation operation, List<Operation> history);
  }

  /** Falsifies one operation after the other in a good history: the checker must see it. */
  private static void forge(Predicate<Operation> candidates, Forgery forgery) {
    forge((operation, history) -> candidates.test(operation), forgery);
  }

  private static void forge(BiPredicate<Operation, List<Operation>> candidates, Forgery forgery) {
    for (long seed = 1; seed <= SEEDS; seed++) {
      Simulation.Report report = run(seed);
      List<Operation> good = report.history();
      assertDoesNotThrow(() -> RevisionOrderChecker.check(good, report.log()));
      List<Operation> fitting =
          good.stream()
              .filter(HistoryCheckersTest::isDone)
              .filter(operation -> candidates.test(operation, good))
              .toList();
      SplittableRandom random = new SplittableRandom(seed);
      for (int i = 0; i < FORGERIES && !fitting.isEmpty(); i++) {
        Operation victim = fitting.get(random.nextInt(fitting.size()));
        List<Operation> forged = new ArrayList<>(good);
        Operation falsified = victim.copy();
        forgery.apply(falsified, good);
        forged.set((int) victim.id - 1, falsified);
        assertThrows(
            SimulationFailure.class,
            () -> RevisionOrderChecker.check(forged, report.log()),
            () -> "seed " + report.seed() + ": " + victim + " became " + falsified);
      }
    }
  }

  private static long olderValue(Operation read, List<Operation> history) {
    return history.stream()
        .filter(HistoryCheckersTest::isDone)
        .filter(operation -> operation.kind == Operation.Kind.WRITE && operation.key == read.key)
        .filter(operation -> operation.id != read.observed)
        .mapToLong(operation -> operation.id)
        .findFirst()
        .orElse(0);
  }

  private static boolean isDone(Operation operation) {
    return operation.outcome == Operation.Outcome.DONE;
  }

  private static Simulation.Report run(long seed) {
    return new Simulation(seed, new Behaviour(), Invariant.all()).run();
  }

  private static Operation operation(
      long id, Operation.Kind kind, long called, long returned, long observed) {
    Operation operation = new Operation(id, id, kind, 0, 0, called);
    operation.returned = returned;
    operation.outcome = Operation.Outcome.DONE;
    operation.observed = observed;
    operation.changed = kind == Operation.Kind.WRITE;
    return operation;
  }
}
