package io.holdfast.server.mvcc;

import io.holdfast.server.backend.Backend;
import java.util.Arrays;

/**
 * Rebuilds the key index from the history. Records come in revision order, keys at random: they are
 * taken in runs that are sorted by key first, so that the tree is filled from left to right.
 */
final class IndexLoader {
  private static final int RUN_MAX = 1 << 17;

  private final KeyTree tree;
  private final ValueCache cache;
  private final RecordCodec codec = new RecordCodec();
  private final KeyVersion[] run = new KeyVersion[RUN_MAX];
  private final RunSorter sorter = new RunSorter(RUN_MAX);
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
    sorter.sort(run, runLength);
    tree.putSorted(run, runLength, this::join);
    Arrays.fill(run, 0, runLength, null);
    runLength = 0;
  }

  private KeyVersion join(KeyVersion before, KeyVersion read) {
    keyCount += read.isTombstone() ? 0 : 1;
    if (before == null) {
      return read;
    }
    keyCount -= before.isTombstone() ? 0 : 1;
    cache.release(before);
    return before.next(
        read.modRevision,
        read.sub,
        read.createRevision,
        read.version,
        read.leaseId,
        read.takeValue());
  }
}
