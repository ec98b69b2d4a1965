package io.holdfast.server.mvcc;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.HistoryPoint;
import java.io.IOException;
import java.util.Optional;

/**
 * Decides when the index of keys is written down, and sees to it step by step. Writing thread only.
 *
 * <p>It is due when a start would have to read much of the history: when a good part of it came
 * after the last checkpoint, less of it while nobody writes, or when a compaction has removed some
 * of what the last one stands for. A checkpoint is only written of a history that nothing is being
 * removed from, so that the index and the records always say the same.
 */
final class IndexKeeper {
  private static final System.Logger LOGGER = System.getLogger(IndexKeeper.class.getName());

  /** The part of the history that may come after the last checkpoint: so much is worth the work. */
  private static final int SHARE = 8;

  /** The same while there is nothing else to do, and how much less the least may be then. */
  private static final int IDLE_SHARE = 64;

  private static final int IDLE_LESS = 8;

  /** So many looks without a write between them, and nobody writes. */
  private static final int IDLE_LOOKS = 10;

  private final KeyTree tree;
  private final Backend backend;
  private final MvccOptions options;
  private Optional<IndexCheckpoint.Writing> writing = Optional.empty();

  /** Records written since the store was opened. */
  private long written;

  /** The same when it was last looked whether anything is due, and how often it has been so. */
  private long writtenAtLook;

  private int looksWithoutWrites;

  /** Records of the history up to the last checkpoint's beginning; 0 for no checkpoint. */
  private long covered;

  /** How many records were written since the store was opened when that began; may be negative. */
  private long writtenWhenCovered;

  /** After a failure, nothing before so many are written. */
  private long restUntilWritten;

  IndexKeeper(KeyTree tree, Backend backend, MvccOptions options) {
    this.tree = tree;
    this.backend = backend;
    this.options = options;
  }

  /** The store was opened from a checkpoint that began at this point. */
  void openedFrom(HistoryPoint begin) {
    covered = begin.records();
    writtenWhenCovered = covered - backend.revisions().size();
  }

  /** So many records were added to the history. */
  void wrote(int records) {
    written += records;
  }

  /**
   * A part of the work, if there is some.
   *
   * @param revision the newest one
   * @return whether there is more to do
   */
  boolean step(long revision) {
    if (writing.isEmpty() && !isDue()) {
      return false;
    }
    try {
      if (writing.isEmpty()) {
        begin(revision);
      }
      IndexCheckpoint.Writing current = writing.get();
      if (current.step(revision, options.checkpointStepKeys())) {
        return true;
      }
      covered = current.begin().records();
      writing = Optional.empty();
    } catch (IOException e) {
      LOGGER.log(
          System.Logger.Level.INFO,
          "the index of keys is not written down now (" + e.getMessage() + "): starts read more");
      restUntilWritten = written + options.checkpointRecordsMin();
      giveUp();
    }
    return false;
  }

  private void begin(long revision) throws IOException {
    writing = Optional.of(new IndexCheckpoint.Writing(tree, backend, revision));
    writtenWhenCovered = written;
    covered = 0;
  }

  /** What is being written down is of no use any more. */
  void giveUp() {
    writing.ifPresent(IndexCheckpoint.Writing::giveUp);
    writing = Optional.empty();
  }

  private boolean isDue() {
    looksWithoutWrites = written == writtenAtLook ? looksWithoutWrites + 1 : 0;
    writtenAtLook = written;
    if (written < restUntilWritten || backend.indexFile().isWaiting()) {
      return false;
    }
    long records = backend.revisions().size();
    long since = written - writtenWhenCovered;
    // When some were removed meanwhile, the last checkpoint is worth nothing.
    long toRead = covered + since == records ? since : records;
    long least = options.checkpointRecordsMin();
    return looksWithoutWrites >= IDLE_LOOKS
        ? toRead >= Math.max((least + IDLE_LESS - 1) / IDLE_LESS, records / IDLE_SHARE)
        : toRead >= Math.max(least, records / SHARE);
  }
}
