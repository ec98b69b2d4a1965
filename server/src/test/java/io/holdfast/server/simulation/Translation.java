package io.holdfast.server.simulation;

import io.holdfast.history.Answer;
import io.holdfast.history.Change;
import io.holdfast.history.KeyInterval;
import io.holdfast.history.Request;
import io.holdfast.history.Version;
import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.CommandResult;
import io.holdfast.server.apply.Compare;
import io.holdfast.server.apply.Operation;
import io.holdfast.server.mvcc.Event;
import io.holdfast.server.mvcc.EventType;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.mvcc.RangeResult;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** Between the server's words and those of the histories. */
final class Translation {
  private static final byte[] NONE = {};

  private Translation() {}

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  static KeyRange range(KeyInterval keys) {
    return KeyRange.of(bytes(keys.start()), keys.isSingle() ? NONE : bytes(keys.end()));
  }

  static Command.Put put(Request.Put put) {
    return new Command.Put(
        Key.of(bytes(put.key())),
        bytes(put.value()),
        put.leaseId(),
        put.previousWanted(),
        false,
        false);
  }

  static Command.DeleteRange delete(Request.Delete delete) {
    return new Command.DeleteRange(range(delete.keys()), delete.previousWanted());
  }

  static RangeQuery query(Request.Range range) {
    return RangeQuery.builder(range(range.keys()))
        .revision(range.revision())
        .limit(range.limit())
        .build();
  }

  static Command.Txn txn(Request.Txn txn) {
    return new Command.Txn(
        txn.compares().stream()
            .map(
                compare ->
                    Compare.value(
                        KeyRange.single(bytes(compare.key())),
                        Compare.Relation.EQUAL,
                        bytes(compare.value())))
            .toList(),
        txn.success().stream().map(Translation::step).toList(),
        txn.failure().stream().map(Translation::step).toList());
  }

  private static Operation step(Request request) {
    if (request instanceof Request.Put put) {
      return put(put);
    }
    if (request instanceof Request.Delete delete) {
      return delete(delete);
    }
    if (request instanceof Request.Range range) {
      return new Operation.Range(query(range), range.serializable());
    }
    throw new IllegalArgumentException("no step of a transaction: " + request);
  }

  static Answer answer(Object result) {
    if (result instanceof CommandResult.Put put) {
      return new Answer.Put(put.previous().map(Translation::version));
    }
    if (result instanceof CommandResult.DeleteRange delete) {
      return new Answer.Delete(delete.deleted(), versions(delete.previous()));
    }
    if (result instanceof CommandResult.Range range) {
      return answer(range.result());
    }
    if (result instanceof RangeResult range) {
      return new Answer.Range(versions(range.keyValues()), range.more(), range.count());
    }
    CommandResult.Txn txn = (CommandResult.Txn) result;
    return new Answer.Txn(
        txn.succeeded(), txn.results().stream().map(Translation::answer).toList());
  }

  static Version version(KeyValue pair) {
    return new Version(
        text(pair.key()),
        text(pair.value()),
        pair.createRevision(),
        pair.modRevision(),
        pair.version(),
        pair.leaseId());
  }

  static Change change(Event event) {
    return event.type() == EventType.PUT
        ? Change.put(version(event.keyValue()))
        : Change.delete(text(event.keyValue().key()));
  }

  static Optional<Version> previous(Event event) {
    return event.previous().map(Translation::version);
  }

  private static List<Version> versions(List<KeyValue> pairs) {
    return pairs.stream().map(Translation::version).toList();
  }
}
