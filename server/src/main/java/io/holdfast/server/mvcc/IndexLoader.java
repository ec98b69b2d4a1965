package io.holdfast.server.mvcc;

import io.holdfast.server.backend.Backend;
import java.util.Arrays;
import java.util.Comparator;

/**
 * Rebuilds the key index from the history. Records come in revision order, keys at random: they are
 * taken in runs that are sorted by key first, so that the tree is filled from left to right.
 */
final class IndexLoader {
  private static final int RUN_MAX = 1 << 17;
  private static final Comparator<KeyVersion> BY_KEY =
      (a, b) -> Arrays.compareUnsigned(a.key, b.key);

  private final KeyTree tree;
  private final ValueCache cache;
  private final RecordCodec codec = new RecordCodec();
  private final KeyVersion[] run = new KeyVersion[RUN_MAX];
  private int runLength;
  private long lastRevision;
  private long keyCount;

  IndexLoader(KeyTree tree, ValueCache cache) {
    this.tree = tree;
    this.cache = cache;
  }

  void load(Backend backend) {
    backend.loadRevisions(
        (main, sub, record) -> {
          add(main, sub, record);
          return true;
        });
    mergeRun();
  }

  /** 0 when the history is empty. */
  long lastRevision() {
    return lastRevision;
  }

  long keyCount() {
    return keyCount;
  }

  private void add(long main, int sub, byte[] record) {
    codec.read(main, record);
    byte[] value = null;
    if (!codec.isTombstone()) {
      byte[] read = codec.value();
      value = cache.admitWithoutEviction(read) ? read : null;
    }
    run[runLength++] =
        KeyVersion.first(
            codec.key(),
            main,
            sub,
            codec.createRevision(),
            codec.version(),
            codec.leaseId(),
            value);
    lastRevision = main;
    if (runLength == RUN_MAX) {
      mergeRun();
    }
  }

  private void mergeRun() {
    // Stable: versions of one key stay in the order they were written.
    Arrays.parallelSort(run, 0, runLength, BY_KEY);
    for (int i = 0; i < runLength; i++) {
      merge(run[i]);
      run[i] = null;
    }
    runLength = 0;
  }

  private void merge(KeyVersion read) {
    KeyVersion before = tree.locate(read.key);
    if (before == null) {
      tree.putLocated(read);
      keyCount += read.isTombstone() ? 0 : 1;
      return;
    }
    cache.release(before);
    byte[] value = read.takeValue();
    tree.putLocated(
        before.next(
            read.modRevision, read.sub, read.createRevision, read.version, read.leaseId, value));
    keyCount += (read.isTombstone() ? 0 : 1) - (before.isTombstone() ? 0 : 1);
  }
}
