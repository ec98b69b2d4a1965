package io.holdfast.server.apply;

import static io.holdfast.server.apply.StateFixture.bytes;
import static io.holdfast.server.apply.StateFixture.single;
import static io.holdfast.server.apply.StateFixture.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.apply.Compare.Relation;
import io.holdfast.server.apply.Compare.Target;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.mvcc.ResultMeter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a transaction means, against the real store. */
class TxnSemanticsTest {
  private static final KeyRange ALL = KeyRange.all();

  @TempDir Path directory;
  private StateFixture state;

  @BeforeEach
  void open() {
    state = new StateFixture(directory);
  }

  @AfterEach
  void close() {
    state.close();
  }

  /** The key is created at revision 2 with "b", rewritten at 3, and has lease 5. */
  @ParameterizedTest
  @CsvSource({
    "VERSION, EQUAL, 2, true",
    "VERSION, EQUAL, 1, false",
    "VERSION, NOT_EQUAL, 1, true",
    "VERSION, GREATER, 1, true",
    "VERSION, GREATER, 2, false",
    "VERSION, LESS, 3, true",
    "VERSION, LESS, 2, false",
    "CREATE, EQUAL, 2, true",
    "CREATE, LESS, 2, false",
    "CREATE, GREATER, 1, true",
    "CREATE, NOT_EQUAL, 2, false",
    "MOD, EQUAL, 3, true",
    "MOD, EQUAL, 2, false",
    "MOD, GREATER, 2, true",
    "MOD, LESS, 4, true",
    "LEASE, EQUAL, 5, true",
    "LEASE, NOT_EQUAL, 0, true",
    "LEASE, LESS, 5, false",
  })
  void comparesNumbersOfAnExistingKey(
      Target target, Relation relation, long operand, boolean holds) {
    state.run(new Command.LeaseGrant(5, 60));
    state.put("k", "a", 5);
    state.put("k", "b", 5);
    assertEquals(holds, holds(Compare.number(single("k"), target, relation, operand)));
  }

  @ParameterizedTest
  @CsvSource({
    "EQUAL, b, true",
    "EQUAL, a, false",
    "NOT_EQUAL, b, false",
    "NOT_EQUAL, bb, true",
    "GREATER, a, true",
    "GREATER, b, false",
    "GREATER, bb, false",
    "LESS, bb, true",
    "LESS, c, true",
    "LESS, b, false",
  })
  void comparesValuesAsBytes(Relation relation, String operand, boolean holds) {
    state.put("k", "b");
    assertEquals(holds, holds(Compare.value(single("k"), relation, bytes(operand))));
  }

  @Test
  void comparesBytesUnsigned() {
    state.run(Command.Put.of(Key.of("k"), new byte[] {(byte) 0x80}));
    assertTrue(holds(Compare.value(single("k"), Relation.GREATER, new byte[] {0x7f})));
  }

  @ParameterizedTest
  @CsvSource({
    "VERSION, EQUAL, 0, true",
    "CREATE, EQUAL, 0, true",
    "MOD, LESS, 1, true",
    "LEASE, EQUAL, 0, true",
    "VERSION, GREATER, 0, false",
    "CREATE, NOT_EQUAL, 0, false",
  })
  void comparesAMissingKeyAsZero(Target target, Relation relation, long operand, boolean holds) {
    assertEquals(holds, holds(Compare.number(single("none"), target, relation, operand)));
  }

  @ParameterizedTest
  @CsvSource({"EQUAL", "NOT_EQUAL", "GREATER", "LESS"})
  void neverHoldsForTheValueOfAMissingKey(Relation relation) {
    assertFalse(holds(Compare.value(single("none"), relation, bytes(""))));
    assertFalse(holds(Compare.value(KeyRange.prefix("none"), relation, bytes("x"))));
  }

  @Test
  void comparesEveryKeyOfARange() {
    state.put("p/a", "1");
    state.put("p/b", "1");
    KeyRange range = KeyRange.prefix("p/");
    assertTrue(holds(Compare.value(range, Relation.EQUAL, bytes("1"))));
    state.put("p/c", "2");
    assertFalse(holds(Compare.value(range, Relation.EQUAL, bytes("1"))));
    assertTrue(holds(Compare.number(range, Target.VERSION, Relation.EQUAL, 1)));
    assertTrue(
        holds(Compare.number(KeyRange.fromKey(bytes("p/c")), Target.MOD, Relation.EQUAL, 4)));
  }

  @Test
  void chooseFailureWhenOneOfSeveralComparesFails() {
    state.put("k", "v");
    CommandResult.Txn result =
        state.run(
            new Command.Txn(
                List.of(
                    Compare.number(single("k"), Target.VERSION, Relation.EQUAL, 1),
                    Compare.number(single("k"), Target.VERSION, Relation.EQUAL, 9)),
                List.of(put("k", "success")),
                List.of(put("k", "failure"))));
    assertFalse(result.succeeded());
    assertEquals("failure", state.value("k"));
  }

  @Test
  void laterOperationsSeeEarlierOnesAndAllShareOneRevision() {
    state.put("a", "0");
    CommandResult.Txn result =
        state.run(
            txn(
                put("a", "1"),
                range(single("a")),
                put("b", "2"),
                range(ALL),
                new Command.DeleteRange(single("c"), true)));
    assertEquals(3, result.revision());
    CommandResult.Range first =
        assertInstanceOf(CommandResult.Range.class, result.results().get(1));
    assertEquals("1", text(first.result().keyValues().get(0).value()));
    assertEquals(3, first.revision());
    CommandResult.Range second =
        assertInstanceOf(CommandResult.Range.class, result.results().get(3));
    assertEquals(2, second.result().count());
    assertEquals(3, state.get("a").orElseThrow().modRevision());
    assertEquals(3, state.get("b").orElseThrow().modRevision());
  }

  @Test
  void aRangeBeforeTheFirstWriteSeesTheStateBefore() {
    state.put("a", "0");
    CommandResult.Txn result = state.run(txn(range(single("a")), put("a", "1")));
    CommandResult.Range before = (CommandResult.Range) result.results().get(0);
    assertEquals("0", text(before.result().keyValues().get(0).value()));
    assertEquals(2, before.revision());
    assertEquals(3, result.revision());
  }

  @Test
  void deletingNothingKeepsTheRevision() {
    state.put("a", "0");
    CommandResult.Txn result = state.run(txn(new Command.DeleteRange(single("none"), false)));
    assertEquals(2, result.revision());
    assertEquals(2, state.revision());
  }

  @Test
  void previousPairsAreThoseWithinTheTransaction() {
    state.put("a", "0");
    Command.Put wanting = new Command.Put(Key.of("a"), bytes("1"), 0, true, false, false);
    CommandResult.Txn result = state.run(txn(wanting, range(single("a"))));
    CommandResult.Put put = (CommandResult.Put) result.results().get(0);
    assertEquals("0", text(put.previous().orElseThrow().value()));
    CommandResult.DeleteRange deleted =
        state.run(new Command.DeleteRange(KeyRange.prefix("a"), true));
    assertEquals("1", text(deleted.previous().get(0).value()));
  }

  @Test
  void nestedComparesLookAtTheStateBefore() {
    Command.Txn inner =
        new Command.Txn(
            List.of(Compare.number(single("a"), Target.VERSION, Relation.EQUAL, 0)),
            List.of(put("inner", "created")),
            List.of(put("inner", "existed")));
    CommandResult.Txn result = state.run(txn(put("a", "1"), inner));
    assertEquals("created", state.value("inner"));
    CommandResult.Txn nested = assertInstanceOf(CommandResult.Txn.class, result.results().get(1));
    assertTrue(nested.succeeded());
    assertEquals(0, nested.revision());
    assertEquals(2, result.revision());
  }

  @Test
  void futureAndCompactedRangesFailTheWholeTransaction() {
    state.put("a", "1");
    state.put("a", "2");
    state.put("a", "3");
    state.run(new Command.Compact(3, false));
    Command.Txn future =
        txn(put("b", "x"), rangeAt("a", 5)); // would be the transaction's own revision
    assertEquals(EtcdError.FUTURE_REVISION, state.refusal(future).error());
    Command.Txn compacted = txn(put("b", "x"), txn(rangeAt("a", 2)));
    assertEquals(EtcdError.COMPACTED, state.refusal(compacted).error());
    assertEquals(4, state.revision());
    assertEquals("-", state.value("b"));
    CommandResult.Txn readable = state.run(txn(put("b", "x"), rangeAt("a", 3)));
    assertEquals("2", text(firstPair(readable, 1)));
  }

  @Test
  void aBranchThatIsNotTakenIsNotChecked() {
    CommandResult.Txn result =
        state.run(
            new Command.Txn(List.of(), List.of(put("a", "1")), List.of(rangeAt("a", 1_000_000))));
    assertTrue(result.succeeded());
  }

  @Test
  void anUnknownLeaseFailsBeforeAnyEffect() {
    Command.Put leased = new Command.Put(Key.of("b"), bytes("x"), 99, false, false, false);
    assertEquals(EtcdError.LEASE_NOT_FOUND, state.refusal(txn(put("a", "1"), leased)).error());
    assertEquals(EtcdError.LEASE_NOT_FOUND, state.refusal(leased).error());
    assertEquals("-", state.value("a"));
    assertEquals(1, state.revision());
  }

  @Test
  void keepingWhatIsNotThereFailsWithoutEffect() {
    Command.Put keepValue = new Command.Put(Key.of("b"), bytes(""), 0, false, true, false);
    Command.Put keepLease = new Command.Put(Key.of("b"), bytes("x"), 0, false, false, true);
    assertEquals(EtcdError.KEY_NOT_FOUND, state.refusal(keepValue).error());
    assertEquals(EtcdError.KEY_NOT_FOUND, state.refusal(keepLease).error());
    assertEquals(EtcdError.KEY_NOT_FOUND, state.refusal(txn(put("a", "1"), keepValue)).error());
    assertEquals("-", state.value("a"));
    assertEquals(1, state.revision());
  }

  @Test
  void keepsValueOrLease() {
    state.run(new Command.LeaseGrant(5, 60));
    state.put("k", "v", 5);
    state.run(new Command.Put(Key.of("k"), bytes("w"), 0, false, false, true));
    assertEquals("w", state.value("k"));
    assertEquals(5, state.get("k").orElseThrow().leaseId());
    state.run(new Command.Put(Key.of("k"), bytes(""), 0, false, true, false));
    assertEquals("w", state.value("k"));
    assertEquals(0, state.get("k").orElseThrow().leaseId());
    assertFalse(state.lessor.hasAttachments());
  }

  @Test
  void readsWithoutTheLogGiveTheSameAnswers() {
    state.put("a", "1");
    state.put("a", "2");
    Command.Txn reading =
        new Command.Txn(
            List.of(Compare.value(single("a"), Relation.EQUAL, bytes("2"))),
            List.of(range(ALL), rangeAt("a", 2)),
            List.of());
    CommandResult.Txn logged = state.run(reading);
    CommandResult.Txn direct =
        TxnReader.read(state.applier.store(), reading, ResultMeter.UNLIMITED);
    assertEquals(logged.revision(), direct.revision());
    assertTrue(direct.succeeded());
    assertEquals("2", text(firstPair(direct, 0)));
    assertEquals("1", text(firstPair(direct, 1)));
    Command.Txn ahead = txn(rangeAt("a", 9));
    StoreException refused =
        assertThrows(
            StoreException.class,
            () -> TxnReader.read(state.applier.store(), ahead, ResultMeter.UNLIMITED));
    assertEquals(EtcdError.FUTURE_REVISION, refused.error());
  }

  @Test
  void onlyTransactionsOfRangesAreReadOnly() {
    Operation.Range serializable = new Operation.Range(RangeQuery.of(ALL), true);
    assertTrue(txn(range(ALL)).isReadOnly());
    assertFalse(txn(range(ALL)).isSerializable());
    assertTrue(txn(serializable).isSerializable());
    assertFalse(txn(txn(range(ALL))).isReadOnly());
    assertFalse(new Command.Txn(List.of(), List.of(), List.of(put("a", "b"))).isReadOnly());
  }

  private boolean holds(Compare compare) {
    CommandResult.Txn result = state.run(new Command.Txn(List.of(compare), List.of(), List.of()));
    return result.succeeded();
  }

  private static byte[] firstPair(CommandResult.Txn result, int position) {
    CommandResult.Range range = (CommandResult.Range) result.results().get(position);
    return range.result().keyValues().get(0).value();
  }

  private static Command.Txn txn(Operation... operations) {
    return new Command.Txn(List.of(), List.of(operations), List.of());
  }

  private static Command.Put put(String key, String value) {
    return Command.Put.of(Key.of(key), bytes(value));
  }

  private static Operation.Range range(KeyRange range) {
    return new Operation.Range(RangeQuery.of(range), false);
  }

  private static Operation.Range rangeAt(String key, long revision) {
    return new Operation.Range(RangeQuery.builder(single(key)).revision(revision).build(), false);
  }
}
