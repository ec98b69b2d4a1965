package io.holdfast.server.apply;

import io.holdfast.server.mvcc.MvccStore;

/** Executes read-only transactions on any thread: being moved in. */
public final class TxnReader {
  private TxnReader() {}

  /**
   * Executes a transaction of ranges against one revision of the store, without the log.
   *
   * @throws io.holdfast.server.error.StoreException COMPACTED, FUTURE_REVISION
   */
  public static CommandResult.Txn read(MvccStore store, Command.Txn txn) {
    throw new UnsupportedOperationException("not built yet");
  }
}
