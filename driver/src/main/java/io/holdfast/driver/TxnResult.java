package io.holdfast.driver;

import java.util.List;

/**
 * The answer to a transaction.
 *
 * @param revision the store's revision; a transaction that writes makes exactly one
 * @param succeeded whether the conditions held
 * @param results the answers to the operations that ran, in their order
 */
public record TxnResult(long revision, boolean succeeded, List<OperationResult> results)
    implements OperationResult {
  /** Takes an unmodifiable copy of the list. */
  public TxnResult {
    results = List.copyOf(results);
  }
}
