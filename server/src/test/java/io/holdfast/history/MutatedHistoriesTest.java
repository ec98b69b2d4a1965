package io.holdfast.history;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The judges judged: a good history passes, and the same with one lie in it does not. */
class MutatedHistoriesTest {
  private static final String ANSWERS = "every answer follows from the committed history";
  private static final String EXPLAINED = "every revision comes from one call";
  private static final String REAL_TIME = "strict serializability";

  // Revisions of the good history: 2 put a, 3 put b, 4 txn on a, 5 delete a and b, 6 put a.
  private static final Version A2 = new Version("a", "v1", 2, 2, 1, 0);
  private static final Version B3 = new Version("b", "v2", 3, 3, 1, 0);
  private static final Version A4 = new Version("a", "v3", 2, 4, 2, 0);
  private static final Version A6 = new Version("a", "v5", 6, 6, 1, 0);
  private static final KeyInterval ALL = new KeyInterval("a", "z");

  private static CommittedHistory committed() {
    CommittedHistory history = new CommittedHistory();
    history.add(2, List.of(Change.put(A2)), "m1");
    history.add(3, List.of(Change.put(B3)), "m1");
    history.add(4, List.of(Change.put(A4)), "m1");
    history.add(5, List.of(Change.delete("a"), Change.delete("b")), "m1");
    history.add(6, List.of(Change.put(A6)), "m1");
    return history;
  }

  private static Request.Put put(String key, String value) {
    return new Request.Put(key, value, 0, true);
  }

  private static Request.Range read(boolean serializable) {
    return new Request.Range(ALL, 0, 0, serializable);
  }

  private static Answer.Range found(Version... versions) {
    return new Answer.Range(List.of(versions), false, versions.length);
  }

  private static final Request.Txn SWAP =
      new Request.Txn(
          List.of(new Request.Compare("a", "v1")), List.of(put("a", "v3")), List.of(read(false)));

  private static List<Operation> operations() {
    List<Operation> history = new ArrayList<>();
    Answer none = new Answer.Put(Optional.empty());
    history.add(Operation.done(1, 1, 0, 10, put("a", "v1"), 2, none));
    history.add(Operation.done(2, 1, 20, 30, put("b", "v2"), 3, none));
    history.add(Operation.done(3, 2, 40, 50, read(false), 3, found(A2, B3)));
    Answer swapped = new Answer.Txn(true, List.of(new Answer.Put(Optional.of(A2))));
    history.add(Operation.done(4, 1, 60, 70, SWAP, 4, swapped));
    history.add(Operation.done(5, 2, 80, 90, read(true), 3, found(A2, B3)));
    Answer deleted = new Answer.Delete(2, List.of(A4, B3));
    history.add(Operation.done(6, 1, 100, 110, new Request.Delete(ALL, true), 5, deleted));
    Answer failed = new Answer.Txn(false, List.of(found()));
    history.add(Operation.done(7, 2, 120, 130, SWAP, 5, failed));
    history.add(Operation.refused(8, 2, 140, 150, put("c", "v4")));
    history.add(Operation.unknown(9, 1, 160, put("a", "v5")));
    history.add(Operation.unknown(10, 2, 160, put("b", "v6")));
    history.add(Operation.done(11, 2, 180, 190, read(false), 6, found(A6)));
    return history;
  }

  @Test
  void theGoodHistoryPasses() {
    assertDoesNotThrow(() -> RevisionOrderChecker.check(operations(), committed()));
    assertEquals(LinearizabilityChecker.Verdict.LINEARIZABLE, search(linearizable(operations())));
  }

  private static Operation replace(Operation old, long revision, Answer answer) {
    return new Operation(
        old.id(),
        old.client(),
        old.called(),
        old.returned(),
        old.request(),
        Operation.Outcome.DONE,
        revision,
        Optional.of(answer));
  }

  private static Arguments lie(
      String name, int number, UnaryOperator<Operation> mutation, String property) {
    return Arguments.of(name, number, mutation, property);
  }

  static Stream<Arguments> lies() {
    Answer none = new Answer.Put(Optional.empty());
    return Stream.of(
        lie("lost write", 1, op -> replace(op, 7, none), ANSWERS),
        lie("revision of another's write", 2, op -> replace(op, 2, none), ANSWERS),
        lie("stale value at a new revision", 3, op -> replace(op, 4, found(A2, B3)), ANSWERS),
        lie("stale read", 11, op -> replace(op, 3, found(A2, B3)), REAL_TIME),
        lie("missing key", 3, op -> replace(op, 3, found(B3)), ANSWERS),
        lie("wrong count", 3, op -> replace(op, 3, count(3, A2, B3)), ANSWERS),
        lie("wrong previous", 6, op -> replace(op, 5, deleted(A2, B3)), ANSWERS),
        lie("wrong compare", 7, op -> replace(op, 5, swapped()), ANSWERS),
        lie("serializable read of nothing real", 5, op -> replace(op, 3, found(A2)), ANSWERS),
        lie(
            "refused and yet done",
            9,
            op -> Operation.refused(9, 1, 160, 170, op.request()),
            EXPLAINED),
        lie("nobody's write", 9, op -> Operation.unknown(9, 1, 160, put("a", "v9")), EXPLAINED),
        lie(
            "seen before it was called",
            9,
            op -> Operation.unknown(9, 1, 195, op.request()),
            REAL_TIME),
        lie(
            "one revision for two",
            10,
            op -> Operation.unknown(10, 2, 160, put("b", "v3")),
            EXPLAINED));
  }

  private static Answer count(long count, Version... versions) {
    return new Answer.Range(List.of(versions), false, count);
  }

  private static Answer deleted(Version... versions) {
    return new Answer.Delete(versions.length, List.of(versions));
  }

  private static Answer swapped() {
    return new Answer.Txn(true, List.of(new Answer.Put(Optional.of(A2))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("lies")
  void aLieIsFound(String name, int number, UnaryOperator<Operation> mutation, String property) {
    List<Operation> history = operations();
    history.set(number - 1, mutation.apply(history.get(number - 1)));
    HistoryViolation found =
        assertThrows(
            HistoryViolation.class, () -> RevisionOrderChecker.check(history, committed()));
    assertEquals(property, found.property(), found.getMessage());
  }

  @Test
  void aWriteExecutedTwiceIsFound() {
    CommittedHistory twice = committed();
    twice.add(7, List.of(Change.put(new Version("a", "v5", 6, 7, 2, 0))), "m1");
    assertThrows(HistoryViolation.class, () -> RevisionOrderChecker.check(operations(), twice));
  }

  @Test
  void membersThatDisagreeAreFound() {
    CommittedHistory history = committed();
    assertThrows(
        HistoryViolation.class,
        () -> history.add(3, List.of(Change.put(new Version("b", "vX", 3, 3, 1, 0))), "m2"));
    assertThrows(HistoryViolation.class, () -> history.add(9, List.of(Change.put(A6)), "m2"));
    assertThrows(
        HistoryViolation.class,
        () -> history.add(7, List.of(Change.put(new Version("a", "v7", 6, 7, 9, 0))), "m2"));
  }

  @Test
  void theSearchFindsStaleReadsWithoutRevisions() {
    List<Operation> history = linearizable(operations());
    history.set(history.size() - 1, replace(history.get(history.size() - 1), 6, found(A2, B3)));
    assertEquals(LinearizabilityChecker.Verdict.NOT_LINEARIZABLE, search(history));
    List<Operation> lost = linearizable(operations());
    lost.set(2, replace(lost.get(2), 3, found(B3)));
    assertEquals(LinearizabilityChecker.Verdict.NOT_LINEARIZABLE, search(lost));
  }

  private static List<Operation> linearizable(List<Operation> history) {
    List<Operation> without = new ArrayList<>(history);
    without.removeIf(op -> op.request() instanceof Request.Range range && range.serializable());
    return without;
  }

  private static LinearizabilityChecker.Verdict search(List<Operation> history) {
    return LinearizabilityChecker.check(history, 100_000);
  }

  private static List<WatchRecord.Message> watched() {
    return List.of(
        new WatchRecord.Events(2, List.of(event(2, Change.put(A2), true, null))),
        new WatchRecord.Events(
            4, List.of(event(3, Change.put(B3), true, null), event(4, Change.put(A4), false, A2))),
        new WatchRecord.Progress(4),
        new WatchRecord.Events(
            5,
            List.of(
                event(5, Change.delete("a"), false, A4), event(5, Change.delete("b"), false, B3))),
        new WatchRecord.Events(6, List.of(event(6, Change.put(A6), true, null))));
  }

  private static WatchRecord.Event event(
      long revision, Change change, boolean create, Version previous) {
    return new WatchRecord.Event(revision, change, create, Optional.ofNullable(previous));
  }

  private static WatchRecord record(KeyInterval keys, List<WatchRecord.Message> messages) {
    WatchRecord record = new WatchRecord("w", keys, 2, false, false, true);
    messages.forEach(record::add);
    return record;
  }

  private static Arguments told(
      String property, UnaryOperator<List<WatchRecord.Message>> mutation) {
    return Arguments.of(property, mutation);
  }

  static Stream<Arguments> watchLies() {
    return Stream.of(
        told("watch: ordered", messages -> swapped(messages, 0, 1)),
        told("watch: unique", messages -> repeated(messages, 0)),
        told("watch: atomic", MutatedHistoriesTest::split),
        told("watch: bookmarkable", MutatedHistoriesTest::early),
        told("watch: resumable", messages -> messages.subList(1, messages.size())),
        told("watch: reliable", messages -> without(messages, 1)),
        told("watch: reliable", MutatedHistoriesTest::invented),
        told("watch: prevKv", messages -> changed(messages, event(6, Change.put(A6), true, A4))),
        told(
            "watch: isCreate",
            messages -> changed(messages, event(6, Change.put(A6), false, null))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("watchLies")
  void aLieToAWatcherIsFound(String property, UnaryOperator<List<WatchRecord.Message>> mutation) {
    assertDoesNotThrow(() -> WatchChecker.check(record(ALL, watched()), committed()));
    WatchRecord record = record(ALL, mutation.apply(new ArrayList<>(watched())));
    HistoryViolation found =
        assertThrows(HistoryViolation.class, () -> WatchChecker.check(record, committed()));
    assertEquals(property, found.property(), found.getMessage());
  }

  @Test
  void anEventNobodyAskedForIsFound() {
    WatchRecord record = record(KeyInterval.single("a"), watched());
    HistoryViolation found =
        assertThrows(HistoryViolation.class, () -> WatchChecker.check(record, committed()));
    assertEquals("watch: filter", found.property());
  }

  @Test
  void leasesThatEndEarlyOrLateAreFound() {
    LeaseRecord lease = new LeaseRecord(1, 1_000, 500, 600);
    assertDoesNotThrow(() -> LeaseChecker.endedNotEarly(lease, 1_500, 0));
    assertDoesNotThrow(() -> LeaseChecker.notOverdue(lease, 1_700, 0, 100, 0));
    assertThrows(HistoryViolation.class, () -> LeaseChecker.endedNotEarly(lease, 1_499, 0));
    assertThrows(HistoryViolation.class, () -> LeaseChecker.notOverdue(lease, 1_701, 0, 100, 0));
  }

  private static List<WatchRecord.Message> swapped(
      List<WatchRecord.Message> messages, int one, int other) {
    Collections.swap(messages, one, other);
    return messages;
  }

  private static List<WatchRecord.Message> repeated(
      List<WatchRecord.Message> messages, int number) {
    messages.add(number, messages.get(number));
    return messages;
  }

  private static List<WatchRecord.Message> without(List<WatchRecord.Message> messages, int number) {
    messages.remove(number);
    return messages;
  }

  private static List<WatchRecord.Message> split(List<WatchRecord.Message> messages) {
    WatchRecord.Events both = (WatchRecord.Events) messages.remove(3);
    messages.add(3, new WatchRecord.Events(5, both.events().subList(1, 2)));
    messages.add(3, new WatchRecord.Events(5, both.events().subList(0, 1)));
    return messages;
  }

  private static List<WatchRecord.Message> early(List<WatchRecord.Message> messages) {
    messages.set(2, new WatchRecord.Progress(5));
    return messages;
  }

  private static List<WatchRecord.Message> invented(List<WatchRecord.Message> messages) {
    Version never = new Version("c", "vX", 7, 7, 1, 0);
    messages.add(new WatchRecord.Events(7, List.of(event(7, Change.put(never), true, null))));
    return messages;
  }

  private static List<WatchRecord.Message> changed(
      List<WatchRecord.Message> messages, WatchRecord.Event last) {
    messages.set(4, new WatchRecord.Events(last.revision(), List.of(last)));
    return messages;
  }
}
