package io.holdfast.server.apply;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.mvcc.RangeQuery;

/** One step of a transaction's branch. */
public sealed interface Operation
    permits Command.Put, Command.DeleteRange, Command.Txn, Operation.Range, Operation.Refused {

  /**
   * Reads a range.
   *
   * @param serializable whether a possibly stale answer of one member will do
   */
  record Range(RangeQuery query, boolean serializable) implements Operation {}

  /**
   * What has no form here, such as an operation of an unknown kind: it keeps its place until the
   * rules refuse the transaction for whatever is wrong first. It is never proposed.
   */
  record Refused(EtcdError error) implements Operation {}
}
