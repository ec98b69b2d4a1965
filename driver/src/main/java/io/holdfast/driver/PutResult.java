package io.holdfast.driver;

import java.util.Objects;
import java.util.Optional;

/**
 * The answer to a put. The write is on the disks of a majority of the members.
 *
 * @param revision the revision that the write made
 * @param previous what the key held before, if that was asked for and the key existed
 */
public record PutResult(long revision, Optional<KeyValue> previous) implements OperationResult {
  /** Refuses null. */
  public PutResult {
    Objects.requireNonNull(previous, "previous");
  }
}
