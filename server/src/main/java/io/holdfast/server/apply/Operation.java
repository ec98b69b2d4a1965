package io.holdfast.server.apply;

import io.holdfast.server.mvcc.RangeQuery;

/** One step of a transaction's branch. */
public sealed interface Operation
    permits Command.Put, Command.DeleteRange, Command.Txn, Operation.Range {

  /**
   * Reads a range.
   *
   * @param serializable whether a possibly stale answer of one member will do
   */
  record Range(RangeQuery query, boolean serializable) implements Operation {}
}
