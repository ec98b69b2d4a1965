package io.holdfast.driver;

import java.util.List;

/**
 * The answer to a read.
 *
 * @param revision the store's revision when it answered
 * @param keyValues the keys found, at most as many as the limit
 * @param more whether the limit cut the answer short
 * @param count how many keys the range holds, whatever the limit
 */
public record RangeResult(long revision, List<KeyValue> keyValues, boolean more, long count)
    implements OperationResult {
  /** Takes an unmodifiable copy of the list. */
  public RangeResult {
    keyValues = List.copyOf(keyValues);
  }
}
