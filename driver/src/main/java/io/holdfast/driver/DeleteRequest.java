package io.holdfast.driver;

import java.util.Objects;

/**
 * A deletion of a range of keys. Immutable.
 *
 * @param range the keys to delete
 * @param wantPrevious whether to answer what they held
 */
public record DeleteRequest(KeyRange range, boolean wantPrevious) implements Operation {
  /** Refuses null. */
  public DeleteRequest {
    Objects.requireNonNull(range, "range");
  }

  /** Deletes {@code range}. */
  public static DeleteRequest of(KeyRange range) {
    return new DeleteRequest(range, false);
  }

  /** Answers what the deleted keys held. */
  public DeleteRequest withPrevious() {
    return new DeleteRequest(range, true);
  }
}
