package io.holdfast.server.apply;

/** Told on the loop thread after a batch of entries has been applied and answered. */
@FunctionalInterface
public interface AppliedListener {
  /**
   * @param revision the store's revision after the batch
   */
  void batchApplied(long revision);
}
