package io.holdfast.server.mvcc;

import io.holdfast.server.backend.Backend;
import java.util.Arrays;

/**
 * Rebuilds the key index from the history. Records come in revision order, keys at random: they are
 * taken in long runs that are sorted by key first, so that the tree is filled from left to right
 * and each leaf is built once. Values are left in the file; they are cached when they are read.
 */
final class IndexLoader {
  private static final int RUN_MAX = 1 << 20;
  private static final int FIRST_CAPACITY = 1 << 10;

  private final KeyTree tree;
  private final RecordCodec codec = new RecordCodec();
  private KeyVersion[] run = new KeyVersion[FIRST_CAPACITY];
  private int runLength;
  private long lastRevision;
  private long keyCount;

  IndexLoader(KeyTree tree) {
    this.tree = tree;
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
    if (runLength == run.length) {
      run = Arrays.copyOf(run, runLength * 2);
    }
    run[runLength++] =
        KeyVersion.first(
            codec.key(), main, sub, codec.createRevision(), codec.version(), codec.leaseId(), null);
    lastRevision = main;
    if (runLength == RUN_MAX) {
      mergeRun();
    }
  }

  private void mergeRun() {
    new RunSorter(runLength).sort(run, runLength);
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
    return before.next(
        read.modRevision, read.sub, read.createRevision, read.version, read.leaseId, null);
  }
}
