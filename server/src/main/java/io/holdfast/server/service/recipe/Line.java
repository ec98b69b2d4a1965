package io.holdfast.server.service.recipe;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.CommandResult;
import io.holdfast.server.apply.Compare;
import io.holdfast.server.apply.Operation;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.mvcc.SortOrder;
import io.holdfast.server.mvcc.SortTarget;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The line of all who want the same name: one key for each, {@code name/} and the lease's id in
 * hexadecimal, in the order of their creation. The first has what all want. These are etcd's keys,
 * so clients that stand in the line by themselves ({@code etcdctl lock}) and those of the services
 * keep each other out.
 *
 * <p>Requests and answers only; nothing is sent from here.
 */
final class Line {
  private final byte[] prefix;

  Line(byte[] name) {
    prefix = Arrays.copyOf(name, name.length + 1);
    prefix[name.length] = '/';
  }

  KeyRange range() {
    return KeyRange.prefix(prefix);
  }

  /** Where a lease stands. */
  byte[] keyOf(long leaseId) {
    byte[] id = Long.toString(leaseId, 16).getBytes(StandardCharsets.US_ASCII);
    byte[] key = Arrays.copyOf(prefix, prefix.length + id.length);
    System.arraycopy(id, 0, key, prefix.length, id.length);
    return key;
  }

  /** Enters the line, or finds the place that the lease has already; and sees who is first. */
  Command.Txn enter(long leaseId, byte[] value) {
    byte[] key = keyOf(leaseId);
    Operation put = new Command.Put(Key.of(key), value, leaseId, false, false, false);
    Operation own = new Operation.Range(RangeQuery.of(KeyRange.single(key)), false);
    Operation first = new Operation.Range(first(), false);
    return new Command.Txn(List.of(created(key, 0)), List.of(put, first), List.of(own, first));
  }

  /** Who is first. */
  RangeQuery first() {
    return RangeQuery.builder(range()).sort(SortTarget.CREATE, SortOrder.ASCEND).limit(1).build();
  }

  /** Looks whether a place is still held, and who stands right before it. */
  Command.Txn look(Place place) {
    Operation own = new Operation.Range(RangeQuery.of(KeyRange.single(place.key())), false);
    RangeQuery before =
        RangeQuery.builder(range())
            .sort(SortTarget.CREATE, SortOrder.DESCEND)
            .maxCreateRevision(place.createRevision() - 1)
            .limit(1)
            .keysOnly(true)
            .build();
    return new Command.Txn(List.of(), List.of(own, new Operation.Range(before, false)), List.of());
  }

  /** Changes the value of a place, if it is still held; without a lease's id it keeps its lease. */
  static Command.Txn announce(Place place, byte[] value) {
    long leaseId = place.leaseId();
    Operation put =
        new Command.Put(Key.of(place.key()), value, leaseId, false, false, leaseId == 0);
    return ifHeld(place, put);
  }

  /** Leaves the line, if the place is still held. */
  static Command.Txn leave(Place place) {
    return ifHeld(place, new Command.DeleteRange(KeyRange.single(place.key()), false));
  }

  private static Command.Txn ifHeld(Place place, Operation then) {
    return new Command.Txn(
        List.of(created(place.key(), place.createRevision())), List.of(then), List.of());
  }

  /** The pair that a transaction's range has found. */
  static Optional<KeyValue> found(CommandResult.Txn result, int operation) {
    return ((CommandResult.Range) result.results().get(operation))
        .result().keyValues().stream().findFirst();
  }

  private static Compare created(byte[] key, long revision) {
    return Compare.number(
        KeyRange.single(key), Compare.Target.CREATE, Compare.Relation.EQUAL, revision);
  }
}
