package io.holdfast.server.grpc;

import io.grpc.Status;
import io.holdfast.api.etcdserverpb.DeleteRangeRequest;
import io.holdfast.api.etcdserverpb.PutRequest;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.api.etcdserverpb.RequestOp;
import io.holdfast.api.etcdserverpb.TxnRequest;
import io.holdfast.api.etcdserverpb.WatchCreateRequest;
import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.Compare;
import io.holdfast.server.apply.Operation;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.mvcc.SortOrder;
import io.holdfast.server.mvcc.SortTarget;
import io.holdfast.server.watch.WatchRequest;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads etcd's request messages into the records of the domain. Rules of the domain (an empty key,
 * too many operations) are checked behind the use cases; only what has no form there is refused
 * here.
 */
final class Requests {
  private static final byte[] LOWEST_KEY = {0};

  private Requests() {}

  static RangeQuery range(RangeRequest request) {
    return new RangeQuery(
        KeyRange.of(Bytes.of(request.getKey()), Bytes.of(request.getRangeEnd())),
        request.getRevision(),
        request.getLimit(),
        order(request),
        target(request),
        request.getKeysOnly(),
        request.getCountOnly(),
        request.getMinModRevision(),
        request.getMaxModRevision(),
        request.getMinCreateRevision(),
        request.getMaxCreateRevision());
  }

  private static SortOrder order(RangeRequest request) {
    return switch (request.getSortOrder()) {
      case NONE -> SortOrder.NONE;
      case ASCEND -> SortOrder.ASCEND;
      case DESCEND -> SortOrder.DESCEND;
      case UNRECOGNIZED -> throw invalidSort(request).asException();
    };
  }

  private static SortTarget target(RangeRequest request) {
    return switch (request.getSortTarget()) {
      case KEY -> SortTarget.KEY;
      case VERSION -> SortTarget.VERSION;
      case CREATE -> SortTarget.CREATE;
      case MOD -> SortTarget.MOD;
      case VALUE -> SortTarget.VALUE;
      case UNRECOGNIZED -> throw invalidSort(request).asException();
    };
  }

  private static boolean hasUnknownSort(RangeRequest request) {
    return request.getSortOrder() == RangeRequest.SortOrder.UNRECOGNIZED
        || request.getSortTarget() == RangeRequest.SortTarget.UNRECOGNIZED;
  }

  /** A missing key is reported first, as etcd does. */
  private static EtcdError invalidSort(RangeRequest request) {
    return request.getKey().isEmpty() ? EtcdError.KEY_NOT_PROVIDED : EtcdError.INVALID_SORT_OPTION;
  }

  static Command.Put put(PutRequest request) {
    return new Command.Put(
        Key.of(Bytes.of(request.getKey())),
        Bytes.of(request.getValue()),
        request.getLease(),
        request.getPrevKv(),
        request.getIgnoreValue(),
        request.getIgnoreLease());
  }

  static Command.DeleteRange deleteRange(DeleteRangeRequest request) {
    return new Command.DeleteRange(
        KeyRange.of(Bytes.of(request.getKey()), Bytes.of(request.getRangeEnd())),
        request.getPrevKv());
  }

  static Command.Txn txn(TxnRequest request) {
    List<Compare> compares = new ArrayList<>(request.getCompareCount());
    for (io.holdfast.api.etcdserverpb.Compare compare : request.getCompareList()) {
      compares.add(compare(compare));
    }
    return new Command.Txn(
        compares, operations(request.getSuccessList()), operations(request.getFailureList()));
  }

  private static List<Operation> operations(List<RequestOp> requests) {
    List<Operation> operations = new ArrayList<>(requests.size());
    for (RequestOp request : requests) {
      operations.add(operation(request));
    }
    return operations;
  }

  private static Operation operation(RequestOp request) {
    return switch (request.getRequestCase()) {
      case REQUEST_RANGE -> {
        RangeRequest range = request.getRequestRange();
        yield hasUnknownSort(range)
            ? new Operation.Refused(invalidSort(range))
            : new Operation.Range(range(range), range.getSerializable());
      }
      case REQUEST_PUT -> put(request.getRequestPut());
      case REQUEST_DELETE_RANGE -> deleteRange(request.getRequestDeleteRange());
      case REQUEST_TXN -> txn(request.getRequestTxn());
      case REQUEST_NOT_SET -> new Operation.Refused(EtcdError.KEY_NOT_FOUND);
    };
  }

  private static Compare compare(io.holdfast.api.etcdserverpb.Compare compare) {
    KeyRange range = KeyRange.of(Bytes.of(compare.getKey()), Bytes.of(compare.getRangeEnd()));
    Compare.Relation relation =
        switch (compare.getResult()) {
          case EQUAL -> Compare.Relation.EQUAL;
          case GREATER -> Compare.Relation.GREATER;
          case LESS -> Compare.Relation.LESS;
          case NOT_EQUAL -> Compare.Relation.NOT_EQUAL;
          case UNRECOGNIZED -> throw unknownCompare();
        };
    // An operand of another kind than the target counts as that target's zero, as in etcd.
    return switch (compare.getTarget()) {
      case VERSION -> Compare.number(range, Compare.Target.VERSION, relation, compare.getVersion());
      case CREATE ->
          Compare.number(range, Compare.Target.CREATE, relation, compare.getCreateRevision());
      case MOD -> Compare.number(range, Compare.Target.MOD, relation, compare.getModRevision());
      case LEASE -> Compare.number(range, Compare.Target.LEASE, relation, compare.getLease());
      case VALUE -> Compare.value(range, relation, Bytes.of(compare.getValue()));
      case UNRECOGNIZED -> throw unknownCompare();
    };
  }

  /** etcd takes such a comparison for true; to refuse it is safer and breaks no known client. */
  private static RuntimeException unknownCompare() {
    return Status.INVALID_ARGUMENT
        .withDescription("a comparison has an unknown target or result")
        .asRuntimeException();
  }

  /** An empty key means the lowest one. */
  static WatchRequest watch(WatchCreateRequest request) {
    byte[] key = request.getKey().isEmpty() ? LOWEST_KEY : Bytes.of(request.getKey());
    return new WatchRequest(
        request.getWatchId(),
        KeyRange.of(key, Bytes.of(request.getRangeEnd())),
        request.getStartRevision(),
        request.getPrevKv(),
        request.getProgressNotify(),
        request.getFiltersList().contains(WatchCreateRequest.FilterType.NOPUT),
        request.getFiltersList().contains(WatchCreateRequest.FilterType.NODELETE));
  }
}
