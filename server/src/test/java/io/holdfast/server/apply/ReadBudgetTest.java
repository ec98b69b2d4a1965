package io.holdfast.server.apply;

import static io.holdfast.server.apply.StateFixture.bytes;
import static io.holdfast.server.apply.StateFixture.single;
import static io.holdfast.server.apply.StateFixture.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.apply.Compare.Relation;
import io.holdfast.server.apply.Compare.Target;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.mvcc.SortOrder;
import io.holdfast.server.mvcc.SortTarget;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What commands that write may read: bounded, and refused before anything is changed. */
class ReadBudgetTest {
  /** Room for ten of the pairs below, each of which counts with some 200 bytes. */
  private static final long BYTES_MAX = 2_000;

  private static final KeyRange ALL = KeyRange.all();
  private static final KeyRange A = KeyRange.prefix("a");

  @TempDir Path directory;
  private StateFixture state;
  private KeySpaceWriter writer;

  @BeforeEach
  void open() {
    state = new StateFixture(directory);
    writer = new KeySpaceWriter(state.applier.store(), state.lessor, BYTES_MAX);
    // Five small families: a, b, c, d and e; all together are too much.
    for (char family = 'a'; family <= 'e'; family++) {
      for (int i = 0; i < 5; i++) {
        state.put(family + "" + i, "v".repeat(100));
      }
    }
  }

  @AfterEach
  void close() {
    state.close();
  }

  @Test
  void aTransactionThatReadsTooMuchChangesNothing() {
    refused(put("a0"), range(RangeQuery.of(ALL)));
    refused(range(RangeQuery.of(ALL)), put("a0"));
    refused(put("a0"), new Command.DeleteRange(ALL, true));
    refused(put("new"), range(RangeQuery.of(A)), range(RangeQuery.of(A)), range(RangeQuery.of(A)));
    refused(
        put("new"),
        new Command.Txn(
            List.of(),
            List.of(range(RangeQuery.of(ALL)), new Command.DeleteRange(A, false)),
            List.of()));
  }

  @Test
  void aBoundedOneIsExecuted() {
    CommandResult.Txn result = run(put("new"), range(RangeQuery.of(A)));
    assertEquals(5, ((CommandResult.Range) result.results().get(1)).result().keyValues().size());
    long held = writer.takeReadBytes();
    assertTrue(held > 500 && held < BYTES_MAX, held + " bytes");
    assertEquals(0, writer.takeReadBytes());
    run(put("new"), range(RangeQuery.builder(ALL).limit(3).build()));
    run(put("new"), range(RangeQuery.builder(ALL).countOnly(true).build()));
    run(
        new Command.DeleteRange(ALL, false),
        range(RangeQuery.builder(ALL).countOnly(true).build()));
    assertEquals(List.of(), keys());
  }

  /** What is deleted may let larger pairs into a range with a limit. */
  @Test
  void aLimitDoesNotCountBehindAWriteToTheRange() {
    Operation limited = range(RangeQuery.builder(ALL).limit(3).build());
    refused(new Command.DeleteRange(A, false), limited);
    run(new Command.DeleteRange(KeyRange.prefix("zz"), false), range(RangeQuery.of(A)));
  }

  @Test
  void previousPairsCount() {
    StoreException refused =
        assertThrows(
            StoreException.class, () -> writer.deleteRange(new Command.DeleteRange(ALL, true)));
    assertEquals(EtcdError.WRITE_READS_TOO_MUCH, refused.error());
    assertEquals(25, keys().size());
    assertEquals(5, writer.deleteRange(new Command.DeleteRange(A, true)).previous().size());
    assertEquals(20, writer.deleteRange(new Command.DeleteRange(ALL, false)).deleted());
    state.put("k", "v".repeat(2_500));
    refused(new Command.Put(Key.of("k"), bytes("w"), 0, true, false, false));
  }

  @Test
  void comparisonsCountEachForItself() {
    Compare every = Compare.value(A, Relation.NOT_EQUAL, bytes("w"));
    Command.Txn small =
        new Command.Txn(List.of(every, every, every), List.of(put("new")), List.of());
    assertTrue(writer.txn(small).succeeded());
    Compare large = Compare.number(ALL, Target.VERSION, Relation.GREATER, 0);
    Command.Txn refused = new Command.Txn(List.of(large), List.of(put("other")), List.of());
    assertThrows(StoreException.class, () -> writer.txn(refused));
    assertEquals("-", state.value("other"));
  }

  /** Reading ahead, where that is done, finds what reading in turn finds. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void readsSeeWhatWasWrittenBefore(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    KeySpaceWriter unbounded = new KeySpaceWriter(state.applier.store(), state.lessor);
    for (int round = 0; round < 300; round++) {
      List<Operation> operations = new ArrayList<>();
      operations.add(put("p" + round));
      List<List<String>> expected = new ArrayList<>();
      List<String> model = keys();
      add(model, "p" + round);
      for (int i = 0; i < 6; i++) {
        step(random, round + "x" + i, operations, model, expected);
      }
      CommandResult.Txn result = unbounded.txn(new Command.Txn(List.of(), operations, List.of()));
      List<List<String>> found = new ArrayList<>();
      for (CommandResult.OperationResult one : result.results()) {
        if (one instanceof CommandResult.Range range) {
          found.add(keysOf(range.result().keyValues()));
          assertEquals(result.revision(), range.result().currentRevision());
        } else if (one instanceof CommandResult.DeleteRange delete) {
          found.add(keysOf(delete.previous()));
        }
      }
      assertEquals(expected, found, "seed " + seed + ", round " + round);
    }
  }

  private static void step(
      SplittableRandom random,
      String name,
      List<Operation> operations,
      List<String> model,
      List<List<String>> expected) {
    String prefix = "" + (char) ('a' + random.nextInt(5));
    KeyRange range = KeyRange.prefix(prefix);
    List<String> inside =
        new ArrayList<>(model.stream().filter(k -> k.startsWith(prefix)).toList());
    switch (random.nextInt(4)) {
      case 0 -> {
        operations.add(put(prefix + name));
        add(model, prefix + name);
      }
      case 1 -> {
        operations.add(new Command.DeleteRange(range, true));
        model.removeAll(inside);
        expected.add(inside);
      }
      case 2 -> {
        operations.add(range(RangeQuery.builder(range).limit(3).build()));
        expected.add(inside.subList(0, Math.min(3, inside.size())));
      }
      default -> {
        operations.add(
            range(RangeQuery.builder(range).sort(SortTarget.KEY, SortOrder.DESCEND).build()));
        inside.sort((one, other) -> other.compareTo(one));
        expected.add(inside);
      }
    }
  }

  /** Many large answers in one batch are given before the batch ends. */
  @Test
  void answersDoNotPileUpInABatch() {
    byte[] value = new byte[1 << 20];
    for (int i = 0; i < 20; i++) {
      state.run(Command.Put.of(Key.of("large" + i), value));
    }
    KeyRange large = KeyRange.prefix("large");
    List<io.holdfast.server.raft.Entry> batch = new ArrayList<>();
    List<CompletableFuture<CommandResult>> answers = new ArrayList<>();
    List<Integer> givenBefore = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Command.Txn txn =
          new Command.Txn(List.of(), List.of(put("n" + i), range(RangeQuery.of(large))), List.of());
      PendingRequests.Pending request = state.pending.register(txn, Long.MAX_VALUE);
      batch.add(StateFixture.entry(state.applier.appliedIndex() + 1 + i, request.entry()));
      answers.add(request.result());
    }
    for (int i = 0; i < 6; i++) {
      int number = i;
      answers.get(i).thenAccept(answer -> givenBefore.add(Integer.parseInt(lastWritten(number))));
    }
    state.applier.apply(batch);
    assertEquals(List.of(1, 1, 3, 3, 5, 5), givenBefore);
  }

  /** The number of the newest "n" key at the moment an answer is given. */
  private String lastWritten(int atLeast) {
    List<KeyValue> written =
        state.applier.store().range(RangeQuery.of(KeyRange.prefix("n"))).keyValues();
    assertTrue(written.size() > atLeast);
    return text(written.get(written.size() - 1).key()).substring(1);
  }

  private CommandResult.Txn run(Operation... operations) {
    return writer.txn(new Command.Txn(List.of(), List.of(operations), List.of()));
  }

  private void refused(Operation... operations) {
    long revision = state.revision();
    List<String> before = keys();
    StoreException refused = assertThrows(StoreException.class, () -> run(operations));
    assertEquals(EtcdError.WRITE_READS_TOO_MUCH, refused.error());
    assertEquals(revision, state.revision());
    assertEquals(before, keys());
    assertEquals(before.contains("a0") ? 1 : 0, versions("a0"));
  }

  private long versions(String key) {
    return state.applier.store().range(RangeQuery.of(single(key))).keyValues().stream()
        .mapToLong(KeyValue::version)
        .sum();
  }

  private List<String> keys() {
    return new ArrayList<>(keysOf(state.applier.store().range(RangeQuery.of(ALL)).keyValues()));
  }

  private static List<String> keysOf(List<KeyValue> pairs) {
    return pairs.stream().map(pair -> text(pair.key())).toList();
  }

  private static void add(List<String> sorted, String key) {
    if (!sorted.contains(key)) {
      sorted.add(key);
      sorted.sort(null);
    }
  }

  private static Operation put(String key) {
    return Command.Put.of(Key.of(key), bytes("w"));
  }

  private static Operation range(RangeQuery query) {
    return new Operation.Range(query, false);
  }
}
