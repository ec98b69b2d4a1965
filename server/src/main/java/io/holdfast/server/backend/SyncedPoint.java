package io.holdfast.server.backend;

/**
 * A version of the store that was synced: where its last chunk stands in the file. Everything that
 * the version needs hangs on that chunk.
 *
 * @param version MVStore's number for it; grows with each commit
 * @param chunk the chunk's own number
 * @param block where the chunk begins, in blocks of 4,096 bytes
 * @param createdMillis since when MVStore counts the times in this file, since 1970
 */
record SyncedPoint(long version, int chunk, long block, long createdMillis) {
  /** Nothing of the file was synced yet. */
  static final SyncedPoint NOTHING = new SyncedPoint(0, 0, 0, 0);
}
