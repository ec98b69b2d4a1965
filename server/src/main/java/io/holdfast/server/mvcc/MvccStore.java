package io.holdfast.server.mvcc;

import io.holdfast.server.backend.Backend;
import java.util.function.ObjLongConsumer;

/** The multi-version store: being moved in; its signatures are settled, its body follows. */
public final class MvccStore {
  private MvccStore() {}

  /** Rebuilds the key index from the backend's revision map. */
  public static MvccStore open(Backend backend, MvccOptions options) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** The revision readers see now. Any thread. */
  public long currentRevision() {
    throw new UnsupportedOperationException("not built yet");
  }

  /** The revision below which nothing can be read; -1 before the first compaction. Any thread. */
  public long compactRevision() {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Any thread, without locks. */
  public RangeResult range(RangeQuery query) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Writing thread only; at most one open at a time. */
  public WriteTxn beginWrite() {
    throw new UnsupportedOperationException("not built yet");
  }

  /**
   * Validates and records; physical removal follows in {@link #compactStep}. Writing thread only.
   */
  public void compact(long revision) {
    throw new UnsupportedOperationException("not built yet");
  }

  /**
   * Removes some compacted records. Writing thread only.
   *
   * @param workMax how much to do at most: keys looked at plus records removed
   * @return whether there is more to do
   */
  public boolean compactStep(int workMax) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Whether physical removal is still under way. Any thread. */
  public boolean isCompacting() {
    throw new UnsupportedOperationException("not built yet");
  }

  /**
   * @param revision 0 or less for the current one; any thread
   */
  public HashKv hashKv(long revision) {
    throw new UnsupportedOperationException("not built yet");
  }

  /**
   * Events of the revisions from {@code fromRevision} to {@code toRevision}, both inclusive, on
   * keys of the range. Any thread.
   *
   * @param bytesMax stop after the revision that exceeds so many bytes of keys and values
   */
  public EventBatch readEvents(long fromRevision, long toRevision, KeyRange range, long bytesMax) {
    throw new UnsupportedOperationException("not built yet");
  }

  public void addCommitListener(CommitListener listener) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Every living key that is attached to a lease, with the lease's id: to rebuild attachments. */
  public void forEachLeasedKey(ObjLongConsumer<Key> consumer) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Living keys. Any thread. */
  public long keyCount() {
    throw new UnsupportedOperationException("not built yet");
  }
}
