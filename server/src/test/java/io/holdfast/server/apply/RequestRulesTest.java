package io.holdfast.server.apply;

import static io.holdfast.server.apply.StateFixture.bytes;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.RangeQuery;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What is refused before it is proposed. */
class RequestRulesTest {
  private static final byte[] NO_KEY = {};

  @Test
  void wantsAKey() {
    Command.Put put = Command.Put.of(Key.of(NO_KEY), bytes("v"));
    Command.DeleteRange delete = new Command.DeleteRange(KeyRange.single(NO_KEY), false);
    RangeQuery query = RangeQuery.of(KeyRange.single(NO_KEY));
    Compare compare = Compare.value(KeyRange.single(NO_KEY), Compare.Relation.EQUAL, bytes("v"));
    refuses(EtcdError.KEY_NOT_PROVIDED, () -> RequestRules.checkPut(put));
    refuses(EtcdError.KEY_NOT_PROVIDED, () -> RequestRules.checkDeleteRange(delete));
    refuses(EtcdError.KEY_NOT_PROVIDED, () -> RequestRules.checkRange(query));
    refuses(EtcdError.KEY_NOT_PROVIDED, txn(put));
    refuses(EtcdError.KEY_NOT_PROVIDED, txn(nested(List.of(delete), List.of())));
    refuses(EtcdError.KEY_NOT_PROVIDED, txn(new Operation.Range(query, true)));
    Command.Txn comparing = new Command.Txn(List.of(compare), List.of(), List.of());
    refuses(EtcdError.KEY_NOT_PROVIDED, () -> RequestRules.checkTxn(comparing, 128));
  }

  @Test
  void refusesWhatIsToBeKeptAndGiven() {
    Command.Put value = new Command.Put(Key.of("k"), bytes("v"), 0, false, true, false);
    Command.Put lease = new Command.Put(Key.of("k"), bytes("v"), 4, false, false, true);
    refuses(EtcdError.VALUE_IS_PROVIDED, () -> RequestRules.checkPut(value));
    refuses(EtcdError.LEASE_IS_PROVIDED, () -> RequestRules.checkPut(lease));
    refuses(EtcdError.VALUE_IS_PROVIDED, txn(value));
    RequestRules.checkPut(new Command.Put(Key.of("k"), bytes(""), 0, false, true, true));
  }

  @Test
  void limitsTheLongestListAndWhatNestedOnesAreLeft() {
    List<Operation> four = Collections.nCopies(4, get("k"));
    RequestRules.checkTxn(nested(four, four), 4);
    Command.Txn tooMany = nested(four, Collections.nCopies(5, get("k")));
    refuses(EtcdError.TOO_MANY_OPERATIONS, () -> RequestRules.checkTxn(tooMany, 4));
    Command.Txn outer = nested(List.of(nested(four, List.of())), List.of());
    RequestRules.checkTxn(outer, 5);
    refuses(EtcdError.TOO_MANY_OPERATIONS, () -> RequestRules.checkTxn(outer, 4));
  }

  @Test
  void refusesTwoPutsOfOneKey() {
    refuses(EtcdError.DUPLICATE_KEY, txn(put("a"), put("a")));
    refuses(EtcdError.DUPLICATE_KEY, txn(put("a"), nested(List.of(put("a")), List.of())));
    refuses(
        EtcdError.DUPLICATE_KEY,
        txn(nested(List.of(put("a")), List.of()), nested(List.of(), List.of(put("a")))));
    txn(put("a"), put("b"), get("a")).execute();
  }

  @Test
  void refusesAPutUnderADelete() {
    refuses(EtcdError.DUPLICATE_KEY, txn(put("ab"), delete(KeyRange.prefix("a"))));
    refuses(EtcdError.DUPLICATE_KEY, txn(delete(KeyRange.fromKey(bytes("a"))), put("z")));
    refuses(
        EtcdError.DUPLICATE_KEY,
        txn(nested(List.of(delete(KeyRange.prefix("a"))), List.of()), put("ab")));
    refuses(
        EtcdError.DUPLICATE_KEY,
        txn(delete(KeyRange.prefix("a")), nested(List.of(), List.of(put("ab")))));
    txn(put("b"), delete(KeyRange.prefix("a")), delete(KeyRange.prefix("c"))).execute();
  }

  @Test
  void refusesWhatHasNoFormInItsTurn() {
    Operation unknown = new Operation.Refused(EtcdError.INVALID_SORT_OPTION);
    Command.Put unkeyed = Command.Put.of(Key.of(NO_KEY), bytes("v"));
    refuses(EtcdError.INVALID_SORT_OPTION, txn(put("a"), unknown, unkeyed));
    refuses(EtcdError.KEY_NOT_PROVIDED, txn(put("a"), unkeyed, unknown));
    Command.Txn tooMany = nested(Collections.nCopies(2, unknown), List.of());
    refuses(EtcdError.TOO_MANY_OPERATIONS, () -> RequestRules.checkTxn(tooMany, 1));
  }

  @Test
  void letsTheTwoBranchesShareKeysAndDeletesOverlap() {
    new Txn(new Command.Txn(List.of(), List.of(put("a")), List.of(put("a")))).execute();
    txn(nested(List.of(put("a")), List.of(put("a")))).execute();
    txn(delete(KeyRange.prefix("a")), delete(KeyRange.prefix("ab"))).execute();
  }

  @Test
  void boundsTheTimeToLive() {
    assertEquals(60, RequestRules.grantedTtlSeconds(60, 2));
    assertEquals(2, RequestRules.grantedTtlSeconds(1, 2));
    assertEquals(2, RequestRules.grantedTtlSeconds(-5, 2));
    assertEquals(9_000_000_000L, RequestRules.grantedTtlSeconds(9_000_000_000L, 2));
    refuses(EtcdError.LEASE_TTL_TOO_LARGE, () -> RequestRules.grantedTtlSeconds(9_000_000_001L, 2));
  }

  private record Txn(Command.Txn txn) implements Executable {
    @Override
    public void execute() {
      RequestRules.checkTxn(txn, RequestRules.TXN_OPERATIONS_MAX);
    }
  }

  private static void refuses(EtcdError error, Executable check) {
    assertEquals(error, assertThrows(StoreException.class, check).error());
  }

  private static Txn txn(Operation... operations) {
    return new Txn(new Command.Txn(List.of(), List.of(operations), List.of()));
  }

  private static Command.Txn nested(List<Operation> success, List<Operation> failure) {
    return new Command.Txn(List.of(), success, failure);
  }

  private static Command.Put put(String key) {
    return Command.Put.of(Key.of(key), bytes("v"));
  }

  private static Operation.Range get(String key) {
    return new Operation.Range(RangeQuery.of(KeyRange.single(Key.of(key))), false);
  }

  private static Command.DeleteRange delete(KeyRange range) {
    return new Command.DeleteRange(range, false);
  }
}
