package io.holdfast.compatibility;

import static io.holdfast.compatibility.FieldDifference.ABSENT;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.holdfast.api.etcdserverpb.Compare;
import io.holdfast.api.etcdserverpb.HashKVRequest;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.api.etcdserverpb.RequestOp;
import io.holdfast.api.etcdserverpb.TxnRequest;
import io.holdfast.api.etcdserverpb.WatchCreateRequest;
import io.holdfast.api.etcdserverpb.WatchRequest;
import io.holdfast.api.etcdserverpb.WatchResponse;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The differences between etcd's answers and Holdfast's that are right, each with its reason. */
final class KnownDifferences {
  private static final ByteString NO_END = ByteString.copyFrom(new byte[1]);
  private static final Set<Call> KEY_VALUES = Set.of(Call.RANGE, Call.TXN);

  /** Stands for the events that Holdfast's watcher reports first and etcd's does not. */
  static final String DELETIONS_KEPT = "deletions at the first revision";

  private static final String KEY_NOT_FOUND = "INVALID_ARGUMENT: etcdserver: key not found";
  private static final String LEASE_NOT_FOUND = "NOT_FOUND: etcdserver: requested lease not found";
  private static final String NO_SPACE =
      "RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded";
  private static final String COMPACTED =
      "OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted";
  private static final String FUTURE =
      "OUT_OF_RANGE: etcdserver: mvcc: required revision is a future revision";

  /** A range that is refused stands before a put that is. */
  private static final Set<String> LATER_CHECKS =
      Set.of(
          KEY_NOT_FOUND + COMPACTED,
          KEY_NOT_FOUND + FUTURE,
          LEASE_NOT_FOUND + COMPACTED,
          LEASE_NOT_FOUND + FUTURE);

  private static final List<Rule> ABOUT_DATA =
      List.of(
          Rule.since(
                  "3.5",
                  "unknown sort options are refused",
                  "older etcds sort by something and do not say what.",
                  KEY_VALUES,
                  refusedOnlyHere("INVALID_ARGUMENT: etcdserver: invalid sort option"))
              .partingWays(),
          Rule.since(
              "3.7",
              "keys without values come without leases",
              "asked for keys only, the store answers from its index, which knows no leases.",
              KEY_VALUES,
              (asked, found) -> isLeaseOfKeysOnly(found)),
          Rule.since(
              "3.7",
              "limits cut after sorting",
              "sorted by another property without an order, older etcds sort what the limit left.",
              KEY_VALUES,
              (asked, found) ->
                  (found.path().contains("kvs[") || found.path().endsWith("more"))
                      && ranges(asked.request()).anyMatch(KnownDifferences::cutsBeforeSorting)),
          Rule.since(
              "3.6",
              "a transaction's operations are checked in their order",
              "older etcds check all puts, then all ranges.",
              Set.of(Call.TXN),
              (asked, found) -> LATER_CHECKS.contains(found.etcd() + found.holdfast())),
          Rule.since(
              "3.6",
              "deletions at the compacted revision stay",
              "a watch may begin there; older etcds forget deletions that they compact at.",
              Set.of(Call.WATCH),
              (asked, found) -> found.path().equals(DELETIONS_KEPT)),
          Rule.since(
              "3.7",
              "a put's lease is looked up before its key",
              "where both are missing, the lease is named, inside transactions as outside.",
              Set.of(Call.TXN),
              statuses(KEY_NOT_FOUND, LEASE_NOT_FOUND)),
          Rule.since(
                  "3.7",
                  "a watch from a negative revision is refused",
                  "there is no such history; older etcds watch from now on.",
                  Set.of(Call.WATCH),
                  (asked, found) -> startsBelowZero(asked))
              .partingWays(),
          Rule.since(
              "3.5",
              "no progress of no watchers",
              "older etcds tell the progress of a stream without watchers.",
              Set.of(Call.WATCH),
              (asked, found) ->
                  asked.request() instanceof WatchRequest request
                      && request.hasProgressRequest()
                      && found.holdfast().equals(ABSENT)
                      && asked.etcd().messages().size() == 1),
          Rule.since(
              "3.5",
              "answers about alarms have a header",
              "older etcds leave it out.",
              Set.of(Call.ALARM),
              (asked, found) -> found.path().equals("header") && found.etcd().equals(ABSENT)),
          Rule.since(
              "3.6",
              "hashes tell their revision",
              "older etcds do not know the field.",
              Set.of(Call.HASH_KV),
              (asked, found) -> found.path().equals("hash_revision") && found.etcd().equals("0")),
          Rule.since(
              "3.6",
              "the compacted revision can be hashed",
              "it can be read too; older etcds refuse it.",
              Set.of(Call.HASH_KV),
              statuses(COMPACTED, "OK")),
          Rule.since(
              "3.6",
              "status tells of downgrades",
              "older etcds do not know the field.",
              Set.of(Call.STATUS),
              (asked, found) ->
                  found.path().equals("downgradeInfo") && found.etcd().equals(ABSENT)),
          Rule.onPurpose(
              "status tells the quota in force",
              "etcd says 0 when the quota is its default.",
              Set.of(Call.STATUS),
              (asked, found) -> found.path().equals("dbSizeQuota") && found.etcd().equals("0")),
          Rule.onPurpose(
              "progress of streams that have lost a watcher to a compaction",
              "etcd never tells it again: it counts the lost watcher as one that lags.",
              Set.of(Call.WATCH),
              (asked, found) ->
                  asked.request() instanceof WatchRequest request
                      && request.hasProgressRequest()
                      && found.etcd().equals(ABSENT)
                      && asked.lostHistory()),
          Rule.onPurpose(
                  "a watcher that a compaction has ended is gone",
                  "in etcd it keeps its number until the client cancels it too.",
                  Set.of(Call.WATCH),
                  (asked, found) ->
                      asked.request() instanceof WatchRequest
                          && asked.lostHistory()
                          && (found.holdfast().equals(ABSENT)
                              || found.path().equals("watch_id")
                              || isTakenId(asked)))
              .partingWays(),
          Rule.onPurpose(
              "a time to live that is too large is named before the lack of space",
              "etcd looks at the alarm first; both refuse.",
              Set.of(Call.LEASE_GRANT),
              statuses(
                  "RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded",
                  "OUT_OF_RANGE: etcdserver: too large lease TTL")),
          Rule.onPurpose(
              "the lack of space is named before a request's size",
              "etcd looks at the size first; both refuse.",
              Set.of(Call.PUT, Call.TXN),
              statuses("INVALID_ARGUMENT: etcdserver: request is too large", NO_SPACE)),
          Rule.onPurpose(
                  "a put and a deletion of all keys from one on do not meet in a transaction",
                  "etcd overlooks that they do, against its rule for ranges with an end, and ends"
                      + " when the put is to keep the value of a key that is gone by then.",
                  Set.of(Call.TXN),
                  (asked, found) ->
                      found
                              .holdfast()
                              .equals(
                                  "INVALID_ARGUMENT: etcdserver: duplicate key given in txn request")
                          && operations(asked.request(TxnRequest.class))
                              .anyMatch(KnownDifferences::deletesWithoutEnd))
              .partingWays(),
          Rule.onPurpose(
                  "puts of nested transactions need space too",
                  "while the alarm NOSPACE stands, etcd looks for puts at the top level only.",
                  Set.of(Call.TXN),
                  (asked, found) ->
                      found.holdfast().equals(NO_SPACE)
                          && hasOnlyNestedPuts(asked.request(TxnRequest.class)))
              .partingWays(),
          Rule.onPurpose(
                  "unknown comparisons are refused",
                  "etcd takes a comparison with an unknown target or result for true, and writes.",
                  Set.of(Call.TXN),
                  (asked, found) ->
                      found
                              .holdfast()
                              .equals(
                                  "INVALID_ARGUMENT: a comparison has an unknown target or result")
                          && hasUnknownCompare(asked.request(TxnRequest.class)))
              .partingWays(),
          Rule.onPurpose(
                  "leases that stores number are in no order",
                  "each store chooses numbers of its own, and which of two is greater.",
                  Set.of(Call.TXN),
                  (asked, found) ->
                      transactions(asked.request(TxnRequest.class))
                          .flatMap(one -> one.getCompareList().stream())
                          .anyMatch(KnownDifferences::ordersChosenLeases))
              .partingWays(),
          Rule.onPurpose(
              "a hash at a negative revision is the hash of the newest",
              "etcd hashes nothing and gives the negative number back.",
              Set.of(Call.HASH_KV),
              (asked, found) ->
                  found.path().equals("hash_revision")
                      && asked.request(HashKVRequest.class).getRevision() < 0),
          Rule.onPurpose(
              "hashes tell the last compaction",
              "etcd keeps the hashes that it made at compactions, with the compaction before.",
              Set.of(Call.HASH_KV),
              (asked, found) ->
                  found.path().equals("compact_revision")
                      && asked.request(HashKVRequest.class).getRevision() != 0),
          Rule.onPurpose(
              "no hashes of compacted revisions",
              "etcd answers with those that it made at earlier compactions, if it was asked to"
                  + " compact just there.",
              Set.of(Call.HASH_KV),
              statuses("OK", COMPACTED)));

  static final List<Rule> RULES =
      Stream.concat(ABOUT_DATA.stream(), AuthDifferences.RULES.stream()).toList();

  private KnownDifferences() {}

  static Optional<Rule> explaining(
      ApiLevel etcd, Comparison comparison, FieldDifference difference) {
    return RULES.stream().filter(rule -> rule.explains(etcd, comparison, difference)).findFirst();
  }

  private static BiPredicate<Comparison, FieldDifference> refusedOnlyHere(String status) {
    return (asked, found) -> found.holdfast().equals(status);
  }

  private static BiPredicate<Comparison, FieldDifference> statuses(String etcd, String holdfast) {
    return (asked, found) ->
        found.path().equals(FieldDifference.STATUS)
            && found.etcd().equals(etcd)
            && found.holdfast().equals(holdfast);
  }

  private static boolean isLeaseOfKeysOnly(FieldDifference found) {
    return found.field().endsWith("kvs.lease") && found.holdfast().equals("0");
  }

  private static Stream<RangeRequest> ranges(Message request) {
    return request instanceof RangeRequest range
        ? Stream.of(range)
        : operations((TxnRequest) request)
            .filter(RequestOp::hasRequestRange)
            .map(RequestOp::getRequestRange);
  }

  private static boolean cutsBeforeSorting(RangeRequest range) {
    return range.getLimit() > 0
        && range.getSortOrder() == RangeRequest.SortOrder.NONE
        && range.getSortTarget() != RangeRequest.SortTarget.KEY;
  }

  private static boolean isTakenId(Comparison asked) {
    return asked.etcd().messages().stream()
        .map(WatchResponse.class::cast)
        .anyMatch(response -> response.getCancelReason().contains("duplicate watch ID"));
  }

  private static boolean startsBelowZero(Comparison asked) {
    return asked.request() instanceof WatchRequest request
        ? request.getCreateRequest().getStartRevision() < 0
        : ((WatchCreateRequest) asked.request()).getStartRevision() < 0;
  }

  private static boolean hasUnknownCompare(TxnRequest txn) {
    Predicate<Compare> unknown =
        compare ->
            compare.getResult() == Compare.CompareResult.UNRECOGNIZED
                || compare.getTarget() == Compare.CompareTarget.UNRECOGNIZED;
    return transactions(txn).flatMap(one -> one.getCompareList().stream()).anyMatch(unknown);
  }

  private static boolean ordersChosenLeases(Compare compare) {
    return compare.getTarget() == Compare.CompareTarget.LEASE
        && (compare.getResult() == Compare.CompareResult.LESS
            || compare.getResult() == Compare.CompareResult.GREATER)
        && Symbols.kind(compare.getLease()) == Symbols.CHOSEN_LEASE;
  }

  private static boolean hasOnlyNestedPuts(TxnRequest txn) {
    return operations(txn).anyMatch(RequestOp::hasRequestPut)
        && txn.getSuccessList().stream().noneMatch(RequestOp::hasRequestPut)
        && txn.getFailureList().stream().noneMatch(RequestOp::hasRequestPut);
  }

  static boolean deletesWithoutEnd(RequestOp operation) {
    return operation.getRequestDeleteRange().getRangeEnd().equals(NO_END);
  }

  /** The transaction and all that are nested in it. */
  static Stream<TxnRequest> transactions(TxnRequest txn) {
    return Stream.concat(
        Stream.of(txn),
        operations(txn).filter(RequestOp::hasRequestTxn).map(RequestOp::getRequestTxn));
  }

  /** The operations of the transaction and of all that are nested in it. */
  static Stream<RequestOp> operations(TxnRequest txn) {
    return Stream.concat(txn.getSuccessList().stream(), txn.getFailureList().stream())
        .flatMap(
            operation ->
                operation.hasRequestTxn()
                    ? Stream.concat(Stream.of(operation), operations(operation.getRequestTxn()))
                    : Stream.of(operation));
  }
}
