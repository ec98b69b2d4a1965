package io.holdfast.driver;

import java.util.ArrayList;
import java.util.List;

/**
 * Compare, then one of two lists of operations, all in one revision. Immutable: each method answers
 * a changed copy.
 *
 * <pre>{@code
 * connection.txn(
 *     TxnRequest.when(Compare.missing(key))
 *         .then(PutRequest.of(key, value))
 *         .otherwise(RangeRequest.of(KeyRange.single(key))));
 * }</pre>
 *
 * @param compares the conditions, all of which have to hold; none hold always
 * @param success what to do when they hold
 * @param failure what to do when one does not
 */
public record TxnRequest(List<Compare> compares, List<Operation> success, List<Operation> failure)
    implements Operation {
  /** Takes unmodifiable copies of the lists. */
  public TxnRequest {
    compares = List.copyOf(compares);
    success = List.copyOf(success);
    failure = List.copyOf(failure);
  }

  /** A transaction under these conditions. */
  public static TxnRequest when(Compare... conditions) {
    return new TxnRequest(List.of(conditions), List.of(), List.of());
  }

  /** A transaction without conditions. */
  public static TxnRequest of(Operation... operations) {
    return new TxnRequest(List.of(), List.of(operations), List.of());
  }

  /** Adds operations for when the conditions hold. */
  public TxnRequest then(Operation... operations) {
    return new TxnRequest(compares, joined(success, operations), failure);
  }

  /** Adds operations for when a condition does not hold. */
  public TxnRequest otherwise(Operation... operations) {
    return new TxnRequest(compares, success, joined(failure, operations));
  }

  private static List<Operation> joined(List<Operation> head, Operation[] tail) {
    List<Operation> all = new ArrayList<>(head);
    all.addAll(List.of(tail));
    return all;
  }
}
