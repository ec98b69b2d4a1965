package io.holdfast.driver;

import java.util.List;

/**
 * The answer to a deletion.
 *
 * @param revision the store's revision; a deletion of nothing makes no new one
 * @param deleted how many keys were deleted
 * @param previous what they held, if that was asked for
 */
public record DeleteResult(long revision, long deleted, List<KeyValue> previous)
    implements OperationResult {
  /** Takes an unmodifiable copy of the list. */
  public DeleteResult {
    previous = List.copyOf(previous);
  }
}
