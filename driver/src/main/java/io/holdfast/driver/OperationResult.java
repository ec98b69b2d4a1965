package io.holdfast.driver;

/** The answer to one {@link Operation}. */
public sealed interface OperationResult permits RangeResult, PutResult, DeleteResult, TxnResult {
  /** The store's revision when the request was answered. */
  long revision();
}
