package io.holdfast.server.ops;

/**
 * How long the disk takes for the member, from its first sync on, which may come before there is
 * anybody to show it; in etcd's buckets. Thread-safe.
 *
 * @param walSync the log's syncs
 * @param backendCommit the store's commits
 * @param defragment the store's defragmentations
 * @param hash hashes of everything that is stored
 * @param hashOfRevision hashes of the history up to a revision
 * @param backup backups that were handed out, from the first byte to the last
 */
public record StorageTimings(
    DurationHistogram walSync,
    DurationHistogram backendCommit,
    DurationHistogram defragment,
    DurationHistogram hash,
    DurationHistogram hashOfRevision,
    DurationHistogram backup) {
  public StorageTimings() {
    this(
        new DurationHistogram(1, 14),
        new DurationHistogram(1, 14),
        new DurationHistogram(100, 13),
        new DurationHistogram(10, 15),
        new DurationHistogram(10, 15),
        new DurationHistogram(10, 17));
  }
}
