package io.holdfast.driver.internal;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.holdfast.api.etcdserverpb.DeleteRangeRequest;
import io.holdfast.api.etcdserverpb.DeleteRangeResponse;
import io.holdfast.api.etcdserverpb.PutResponse;
import io.holdfast.api.etcdserverpb.RangeResponse;
import io.holdfast.api.etcdserverpb.RequestOp;
import io.holdfast.api.etcdserverpb.ResponseOp;
import io.holdfast.api.etcdserverpb.TxnResponse;
import io.holdfast.api.etcdserverpb.WatchCreateRequest;
import io.holdfast.api.mvccpb.Event;
import io.holdfast.driver.Bytes;
import io.holdfast.driver.Compare;
import io.holdfast.driver.Consistency;
import io.holdfast.driver.DeleteRequest;
import io.holdfast.driver.DeleteResult;
import io.holdfast.driver.ErrorState;
import io.holdfast.driver.HoldfastException;
import io.holdfast.driver.KeyRange;
import io.holdfast.driver.KeyValue;
import io.holdfast.driver.Operation;
import io.holdfast.driver.OperationResult;
import io.holdfast.driver.PutRequest;
import io.holdfast.driver.PutResult;
import io.holdfast.driver.RangeRequest;
import io.holdfast.driver.RangeResult;
import io.holdfast.driver.TxnRequest;
import io.holdfast.driver.TxnResult;
import io.holdfast.driver.WatchEvent;
import io.holdfast.driver.WatchRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Translates between the driver's requests and the protocol's messages.
 *
 * <p>The namespace is put before every key on the way out and taken off on the way in, here and
 * nowhere else. A range without an upper bound ends where the namespace ends.
 */
final class Wire {
  private static final ByteString ZERO = ByteString.copyFrom(new byte[] {0});

  private final Bytes namespace;
  private final Bytes namespaceEnd;
  private final Consistency consistency;

  Wire(String namespace, Consistency consistency) {
    this.namespace = Bytes.utf8(namespace);
    this.namespaceEnd = KeyRange.prefix(this.namespace).rangeEnd();
    this.consistency = consistency;
  }

  // Out.

  static ByteString raw(Bytes bytes) {
    return UnsafeByteOperations.unsafeWrap(bytes.toByteArray());
  }

  private ByteString key(Bytes key) {
    Bytes full = namespace.concat(key);
    // The least key there is: only a range that begins at the very beginning has an empty one.
    return full.isEmpty() ? ZERO : raw(full);
  }

  private ByteString rangeEnd(KeyRange range) {
    if (range.isSingle()) {
      return ByteString.EMPTY;
    }
    return raw(range.isUnbounded() ? namespaceEnd : namespace.concat(range.rangeEnd()));
  }

  io.holdfast.api.etcdserverpb.RangeRequest range(RangeRequest request) {
    io.holdfast.api.etcdserverpb.RangeRequest.Builder message =
        io.holdfast.api.etcdserverpb.RangeRequest.newBuilder()
            .setKey(key(request.range().key()))
            .setRangeEnd(rangeEnd(request.range()))
            .setLimit(request.limit())
            .setRevision(request.revision())
            .setKeysOnly(request.isKeysOnly())
            .setCountOnly(request.isCountOnly())
            .setMinModRevision(request.modRevisionMin())
            .setMaxModRevision(request.modRevisionMax())
            .setMinCreateRevision(request.createRevisionMin())
            .setMaxCreateRevision(request.createRevisionMax())
            .setSerializable(request.consistency().orElse(consistency) == Consistency.SERIALIZABLE);
    request
        .sortTarget()
        .ifPresent(
            target ->
                message
                    .setSortTarget(sortTarget(target))
                    .setSortOrder(
                        request.sortOrder() == RangeRequest.SortOrder.ASCENDING
                            ? io.holdfast.api.etcdserverpb.RangeRequest.SortOrder.ASCEND
                            : io.holdfast.api.etcdserverpb.RangeRequest.SortOrder.DESCEND));
    return message.build();
  }

  private static io.holdfast.api.etcdserverpb.RangeRequest.SortTarget sortTarget(
      RangeRequest.SortTarget target) {
    return switch (target) {
      case KEY -> io.holdfast.api.etcdserverpb.RangeRequest.SortTarget.KEY;
      case VERSION -> io.holdfast.api.etcdserverpb.RangeRequest.SortTarget.VERSION;
      case CREATE_REVISION -> io.holdfast.api.etcdserverpb.RangeRequest.SortTarget.CREATE;
      case MOD_REVISION -> io.holdfast.api.etcdserverpb.RangeRequest.SortTarget.MOD;
      case VALUE -> io.holdfast.api.etcdserverpb.RangeRequest.SortTarget.VALUE;
    };
  }

  io.holdfast.api.etcdserverpb.PutRequest put(PutRequest request) {
    return io.holdfast.api.etcdserverpb.PutRequest.newBuilder()
        .setKey(key(request.key()))
        .setValue(raw(request.value()))
        .setLease(request.leaseId())
        .setPrevKv(request.wantPrevious())
        .setIgnoreValue(request.keepValue())
        .setIgnoreLease(request.keepLease())
        .build();
  }

  DeleteRangeRequest delete(DeleteRequest request) {
    return DeleteRangeRequest.newBuilder()
        .setKey(key(request.range().key()))
        .setRangeEnd(rangeEnd(request.range()))
        .setPrevKv(request.wantPrevious())
        .build();
  }

  io.holdfast.api.etcdserverpb.TxnRequest txn(TxnRequest request) {
    io.holdfast.api.etcdserverpb.TxnRequest.Builder message =
        io.holdfast.api.etcdserverpb.TxnRequest.newBuilder();
    request.compares().forEach(compare -> message.addCompare(compare(compare)));
    request.success().forEach(operation -> message.addSuccess(operation(operation)));
    request.failure().forEach(operation -> message.addFailure(operation(operation)));
    return message.build();
  }

  private RequestOp operation(Operation operation) {
    RequestOp.Builder message = RequestOp.newBuilder();
    if (operation instanceof RangeRequest request) {
      message.setRequestRange(range(request));
    } else if (operation instanceof PutRequest request) {
      message.setRequestPut(put(request));
    } else if (operation instanceof DeleteRequest request) {
      message.setRequestDeleteRange(delete(request));
    } else {
      message.setRequestTxn(txn((TxnRequest) operation));
    }
    return message.build();
  }

  private io.holdfast.api.etcdserverpb.Compare compare(Compare compare) {
    io.holdfast.api.etcdserverpb.Compare.Builder message =
        io.holdfast.api.etcdserverpb.Compare.newBuilder()
            .setKey(key(compare.range().key()))
            .setRangeEnd(rangeEnd(compare.range()))
            .setResult(relation(compare.relation()));
    switch (compare.target()) {
      case VERSION ->
          message
              .setTarget(io.holdfast.api.etcdserverpb.Compare.CompareTarget.VERSION)
              .setVersion(compare.number());
      case CREATE_REVISION ->
          message
              .setTarget(io.holdfast.api.etcdserverpb.Compare.CompareTarget.CREATE)
              .setCreateRevision(compare.number());
      case MOD_REVISION ->
          message
              .setTarget(io.holdfast.api.etcdserverpb.Compare.CompareTarget.MOD)
              .setModRevision(compare.number());
      case VALUE ->
          message
              .setTarget(io.holdfast.api.etcdserverpb.Compare.CompareTarget.VALUE)
              .setValue(raw(compare.value().orElseThrow()));
      case LEASE ->
          message
              .setTarget(io.holdfast.api.etcdserverpb.Compare.CompareTarget.LEASE)
              .setLease(compare.number());
    }
    return message.build();
  }

  private static io.holdfast.api.etcdserverpb.Compare.CompareResult relation(
      Compare.Relation relation) {
    return switch (relation) {
      case EQUAL -> io.holdfast.api.etcdserverpb.Compare.CompareResult.EQUAL;
      case NOT_EQUAL -> io.holdfast.api.etcdserverpb.Compare.CompareResult.NOT_EQUAL;
      case LESS -> io.holdfast.api.etcdserverpb.Compare.CompareResult.LESS;
      case GREATER -> io.holdfast.api.etcdserverpb.Compare.CompareResult.GREATER;
    };
  }

  io.holdfast.api.etcdserverpb.WatchRequest watch(WatchRequest request, long startRevision) {
    WatchCreateRequest.Builder create =
        WatchCreateRequest.newBuilder()
            .setKey(key(request.range().key()))
            .setRangeEnd(rangeEnd(request.range()))
            .setStartRevision(startRevision)
            .setProgressNotify(true)
            .setFragment(true)
            .setPrevKv(request.wantPrevious());
    if (request.ignorePuts()) {
      create.addFilters(WatchCreateRequest.FilterType.NOPUT);
    }
    if (request.ignoreDeletes()) {
      create.addFilters(WatchCreateRequest.FilterType.NODELETE);
    }
    return io.holdfast.api.etcdserverpb.WatchRequest.newBuilder().setCreateRequest(create).build();
  }

  // In.

  KeyValue keyValue(io.holdfast.api.mvccpb.KeyValue message) {
    Bytes key = Bytes.of(message.getKey().toByteArray());
    if (!key.startsWith(namespace)) {
      throw new HoldfastException(
          ErrorState.PROTOCOL_VIOLATION, "the server answered a key outside the namespace");
    }
    return new KeyValue(
        key.dropFirst(namespace.length()),
        Bytes.of(message.getValue().toByteArray()),
        message.getCreateRevision(),
        message.getModRevision(),
        message.getVersion(),
        message.getLease());
  }

  private List<KeyValue> keyValues(List<io.holdfast.api.mvccpb.KeyValue> messages) {
    List<KeyValue> keyValues = new ArrayList<>(messages.size());
    for (io.holdfast.api.mvccpb.KeyValue message : messages) {
      keyValues.add(keyValue(message));
    }
    return keyValues;
  }

  RangeResult range(RangeResponse message) {
    return range(message, message.getHeader().getRevision());
  }

  private RangeResult range(RangeResponse message, long revision) {
    return new RangeResult(
        revision, keyValues(message.getKvsList()), message.getMore(), message.getCount());
  }

  PutResult put(PutResponse message) {
    return put(message, message.getHeader().getRevision());
  }

  private PutResult put(PutResponse message, long revision) {
    return new PutResult(
        revision,
        message.hasPrevKv() ? Optional.of(keyValue(message.getPrevKv())) : Optional.empty());
  }

  DeleteResult delete(DeleteRangeResponse message) {
    return delete(message, message.getHeader().getRevision());
  }

  private DeleteResult delete(DeleteRangeResponse message, long revision) {
    return new DeleteResult(revision, message.getDeleted(), keyValues(message.getPrevKvsList()));
  }

  TxnResult txn(TxnResponse message) {
    return txn(message, message.getHeader().getRevision());
  }

  private TxnResult txn(TxnResponse message, long revision) {
    List<OperationResult> results = new ArrayList<>(message.getResponsesCount());
    for (ResponseOp response : message.getResponsesList()) {
      results.add(result(response, revision));
    }
    return new TxnResult(revision, message.getSucceeded(), results);
  }

  /** The answers inside a transaction take its revision: not every server repeats it there. */
  private OperationResult result(ResponseOp response, long revision) {
    return switch (response.getResponseCase()) {
      case RESPONSE_RANGE -> range(response.getResponseRange(), revision);
      case RESPONSE_PUT -> put(response.getResponsePut(), revision);
      case RESPONSE_DELETE_RANGE -> delete(response.getResponseDeleteRange(), revision);
      case RESPONSE_TXN -> txn(response.getResponseTxn(), revision);
      case RESPONSE_NOT_SET ->
          throw new HoldfastException(
              ErrorState.PROTOCOL_VIOLATION,
              "the server answered an operation of a transaction with nothing");
    };
  }

  WatchEvent event(Event message) {
    return new WatchEvent(
        message.getType() == Event.EventType.DELETE ? WatchEvent.Type.DELETE : WatchEvent.Type.PUT,
        keyValue(message.getKv()),
        message.hasPrevKv() ? Optional.of(keyValue(message.getPrevKv())) : Optional.empty());
  }
}
