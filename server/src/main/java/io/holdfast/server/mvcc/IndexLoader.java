package io.holdfast.server.mvcc;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.PartReader;
import java.util.Arrays;

/**
 * Rebuilds the key index from the history. Records come in revision order, keys at random: they are
 * taken in long runs that are sorted by key first, so that the tree is filled from left to right
 * and each leaf is built once. Runs are read and sorted side by side, and joined in order. Values
 * are left in the file; they are cached when they are read.
 */
final class IndexLoader {
  private final KeyTree tree;
  private long lastRevision;
  private long keyCount;

  IndexLoader(KeyTree tree) {
    this.tree = tree;
  }

  void load(Backend backend) {
    backend.loadRevisions(RunReader::new, this::merge);
  }

  /** 0 when the history is empty. */
  long lastRevision() {
    return lastRevision;
  }

  long keyCount() {
    return keyCount;
  }

  private void merge(Run run) {
    tree.putSorted(run.versions(), run.length(), this::join);
    lastRevision = Math.max(lastRevision, run.lastRevision());
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

  /** Versions of consecutive revisions, sorted by key. */
  private record Run(KeyVersion[] versions, int length, long lastRevision) {}

  private static final class RunReader implements PartReader<Run> {
    private static final int FIRST_CAPACITY = 1 << 10;

    private final RecordCodec codec = new RecordCodec();
    private KeyVersion[] run = new KeyVersion[FIRST_CAPACITY];
    private int length;
    private long lastRevision;

    @Override
    public void add(long main, int sub, byte[] record) {
      codec.read(main, record);
      if (length == run.length) {
        run = Arrays.copyOf(run, length * 2);
      }
      run[length++] =
          KeyVersion.first(
              codec.key(),
              main,
              sub,
              codec.createRevision(),
              codec.version(),
              codec.leaseId(),
              null);
      lastRevision = main;
    }

    @Override
    public Run finish() {
      new RunSorter(length).sort(run, length);
      return new Run(run, length, lastRevision);
    }
  }
}
