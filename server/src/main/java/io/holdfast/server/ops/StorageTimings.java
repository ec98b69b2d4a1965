package io.holdfast.server.ops;

/**
 * How long the disk takes for the member, from its first sync on, which may come before there is
 * anybody to show it. Thread-safe.
 *
 * @param walSync the log's syncs, in nanoseconds
 * @param backendCommit the store's commits, in nanoseconds
 * @param defragment the store's defragmentations, in nanoseconds
 */
public record StorageTimings(
    LatencyHistogram walSync, LatencyHistogram backendCommit, LatencyHistogram defragment) {
  public StorageTimings() {
    this(new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram());
  }
}
